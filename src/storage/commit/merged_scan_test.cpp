// SPDX-License-Identifier: Apache-2.0
// Scans of a transaction against a std::map that was given the same writes, at random.
#include "storage/commit/merged_scan.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/commit/write_set.h"
#include "storage/memory/memory_store.h"

namespace freshet::commit {
namespace {

using storage::ApplyOutcome;
using storage::Change;
using storage::Direction;
using storage::KeyRange;
using storage::Scan;
using storage::SpaceKind;

using Model = std::map<std::string, std::string>;
constexpr Space kSpace{SpaceKind::Documents, 7};

class MergedScanTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  MergedScanTest() : random_(GetParam()) {}

  std::string key() {
    std::string key(1 + random_.below(3), 'a');
    for (char& c : key)
      c = static_cast<char>('a' + random_.below(5));
    return key;
  }

  void fill_base() {
    storage::CommitGroup group;
    group.sequence = 1;
    for (std::uint64_t i = random_.below(60); i > 0; --i) {
      const std::string at = key();
      group.changes.push_back({Change::Kind::Put, kSpace, at, "base " + at});
      model_[at] = "base " + at;
    }
    // Neighbours that no scan may stray into.
    group.changes.push_back({Change::Kind::Put, {SpaceKind::Documents, 6}, "zzz", "other"});
    group.changes.push_back({Change::Kind::Put, {SpaceKind::Documents, 8}, "a", "other"});
    ASSERT_EQ(store_.apply(group), ApplyOutcome::Applied);
    snapshot_ = store_.snapshot();
  }

  void write(Model& model) {
    const std::string at = key();
    if (random_.below(2) == 0) {
      const std::string value = "own " + std::to_string(++values_);
      writes_.put(kSpace, at, value);
      model[at] = value;
    } else {
      writes_.put(kSpace, at, std::nullopt);
      model.erase(at);
    }
  }

  KeyRange range() {
    KeyRange range;
    if (random_.below(3) > 0) range.begin = key();
    if (random_.below(3) > 0) range.end = key();
    return range;
  }

  std::unique_ptr<Scan> open(const KeyRange& range, Direction direction) {
    return merged_scan(snapshot_->scan(kSpace, range, direction), writes_, kSpace, range,
                       direction);
  }

  // What is left of the model from `from` on (inclusive or not), in the scan's direction.
  static std::vector<std::pair<std::string, std::string>> expected(
      const Model& model, const KeyRange& range, Direction direction,
      const std::optional<std::string>& from, bool inclusive) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& row : model) {
      if (row.first < range.begin || (!range.end.empty() && row.first >= range.end)) continue;
      if (from) {
        const int order = row.first.compare(*from);
        const bool ahead = direction == Direction::Forward ? order > 0 : order < 0;
        if (!ahead && !(inclusive && order == 0)) continue;
      }
      rows.push_back(row);
    }
    if (direction == Direction::Backward) rows = {rows.rbegin(), rows.rend()};
    return rows;
  }

  static std::vector<std::pair<std::string, std::string>> drain(Scan& scan) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (; scan.valid(); scan.next())
      rows.emplace_back(scan.key(), scan.value());
    return rows;
  }

  SeededRandom random_;
  memory::MemoryStore store_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  WriteSet writes_;
  Model model_;
  int values_ = 0;
};

TEST_P(MergedScanTest, EqualsTheModel) {
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + " round " + std::to_string(round));
    if (round == 0) fill_base();
    for (std::uint64_t i = random_.below(8); i > 0; --i)
      write(model_);
    for (const Direction direction : {Direction::Forward, Direction::Backward}) {
      const KeyRange within = range();
      const auto scan = open(within, direction);
      ASSERT_EQ(drain(*scan), expected(model_, within, direction, std::nullopt, true));
      const std::string to = key();
      scan->seek(to);
      ASSERT_EQ(drain(*scan), expected(model_, within, direction, to, true)) << "seek " << to;
    }
  }
}

TEST_P(MergedScanTest, WritesAheadOfAnOpenScanAreSeen) {
  fill_base();
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + " round " + std::to_string(round));
    const Direction direction = random_.below(2) == 0 ? Direction::Forward : Direction::Backward;
    const KeyRange within = range();
    const auto scan = open(within, direction);
    for (std::uint64_t i = random_.below(6); i > 0 && scan->valid(); --i)
      scan->next();
    if (!scan->valid()) continue;
    const std::string at(scan->key());
    const auto savepoint = writes_.savepoint();
    Model changed = model_;
    for (std::uint64_t i = random_.below(6); i > 0; --i)
      write(changed);
    if (random_.below(2) == 0) {
      writes_.rollback_to(savepoint);
    } else {
      model_ = changed;
    }
    scan->next();
    ASSERT_EQ(drain(*scan), expected(model_, within, direction, at, false)) << "from " << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MergedScanTest, ::testing::Range<std::uint64_t>(1, 26));

TEST(WriteSet, RollbackRestoresValuesEntriesAndSize) {
  WriteSet writes;
  writes.put(kSpace, "a", "1");
  writes.append({std::string(16, 'e')});
  const auto outer = writes.savepoint();
  const std::size_t bytes = writes.bytes();
  writes.put(kSpace, "a", "22");
  writes.put(kSpace, "b", "3");
  const auto inner = writes.savepoint();
  writes.put(kSpace, "b", std::nullopt);
  writes.append({std::string(20, 'f')});
  writes.rollback_to(inner);
  EXPECT_EQ(writes.find(kSpace, "b")->value, "3");
  EXPECT_EQ(writes.entries(), 1U);
  writes.rollback_to(outer);
  EXPECT_EQ(writes.find(kSpace, "a")->value, "1");
  EXPECT_EQ(writes.find(kSpace, "b"), nullptr);
  EXPECT_EQ(writes.bytes(), bytes);
  const auto changes = writes.take_changes();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].value, "1");
}

}  // namespace
}  // namespace freshet::commit
