// SPDX-License-Identifier: Apache-2.0
// What storage/store.h promises, held against every engine.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "storage/log_run.h"
#include "storage/testing_engines.h"

namespace freshet::storage {
namespace {

constexpr Space kDocuments{SpaceKind::Documents, 1};
constexpr Space kNeighbour{SpaceKind::Documents, 2};
constexpr Space kIndex{SpaceKind::Index, 1};
constexpr Space kCatalog{SpaceKind::Catalog, 0};

using Rows = std::vector<std::pair<std::string, std::string>>;

class StoreContract : public ::testing::TestWithParam<EngineKind> {
 protected:
  StoreContract() : engine_(GetParam().make(log_.logger)) {}

  Store& store() { return engine_->store(); }

  static Change put(Space space, std::string key, std::string value) {
    return {Change::Kind::Put, space, std::move(key), std::move(value)};
  }
  static Change erase(Space space, std::string key) {
    return {Change::Kind::Erase, space, std::move(key), {}};
  }

  // A group with these changes and an entry for each position.
  ApplyOutcome apply(std::vector<Change> changes, const std::vector<Position>& positions = {}) {
    CommitGroup group;
    group.changes = std::move(changes);
    group.sequence = store().last_sequence() + 1;
    group.position = positions.empty() ? store().last_position() : positions.back();
    for (const Position position : positions) {
      group.log.push_back(std::make_shared<LogRecord>(LogRecord{position, entry(position)}));
    }
    return store().apply(group);
  }

  static std::string entry(Position position) {
    return "entry " + std::to_string(position.value());
  }

  static Rows rows(const Reader& reader, Space space, const KeyRange& range, Direction direction,
                   const std::optional<std::string>& seek = std::nullopt) {
    const auto scan = reader.scan(space, range, direction);
    if (seek) scan->seek(*seek);
    Rows found;
    for (; scan->valid(); scan->next())
      found.emplace_back(scan->key(), scan->value());
    return found;
  }

  std::vector<Position> log_after(Position after) {
    std::vector<Position> found;
    const auto cursor = store().read_log(after);
    while (const auto record = cursor->next()) {
      EXPECT_EQ(record->bytes, entry(record->position));
      found.push_back(record->position);
    }
    return found;
  }

  std::vector<Position> log_before(Position before) {
    std::vector<Position> found;
    const auto cursor = store().read_log_backward(before);
    while (const auto record = cursor->next())
      found.push_back(record->position);
    return found;
  }

  QuietLog log_;
  std::unique_ptr<TestEngine> engine_;
};

TEST_P(StoreContract, ANewStoreIsEmpty) {
  EXPECT_EQ(store().last_position(), Position{});
  EXPECT_EQ(store().last_sequence(), 0U);
  EXPECT_EQ(store().first_log_position(), std::nullopt);
  EXPECT_TRUE(log_after(Position{}).empty());
  EXPECT_TRUE(log_before(Position::max()).empty());
  const auto snapshot = store().snapshot();
  EXPECT_EQ(snapshot->get(kDocuments, "a"), std::nullopt);
  EXPECT_TRUE(rows(*snapshot, kDocuments, {}, Direction::Forward).empty());
  EXPECT_TRUE(rows(*snapshot, kDocuments, {}, Direction::Backward).empty());
}

TEST_P(StoreContract, AGroupIsSeenWholeByLaterSnapshotsOnly) {
  const auto before = store().snapshot();
  ASSERT_EQ(apply({put(kDocuments, "a", "1"), put(kIndex, "x", "a")}, {Position(5, 1)}),
            ApplyOutcome::Applied);
  const auto between = store().snapshot();
  ASSERT_EQ(apply({put(kDocuments, "a", "2"), erase(kIndex, "x")}), ApplyOutcome::Applied);
  const auto after = store().snapshot();
  EXPECT_EQ(before->get(kDocuments, "a"), std::nullopt);
  EXPECT_EQ(between->get(kDocuments, "a"), "1");
  EXPECT_EQ(between->get(kIndex, "x"), "a");
  EXPECT_EQ(after->get(kDocuments, "a"), "2");
  EXPECT_EQ(after->get(kIndex, "x"), std::nullopt);
  EXPECT_EQ(before->position(), Position{});
  EXPECT_EQ(between->position(), Position(5, 1));
  EXPECT_EQ(after->position(), Position(5, 1));
  EXPECT_EQ(before->sequence(), 0U);
  EXPECT_EQ(between->sequence(), 1U);
  EXPECT_EQ(after->sequence(), 2U);
}

TEST_P(StoreContract, TheLaterOfTwoChangesToAKeyCounts) {
  ASSERT_EQ(apply({put(kDocuments, "a", "1"), put(kDocuments, "a", "2"), put(kDocuments, "b", "1"),
                   erase(kDocuments, "b"), erase(kDocuments, "c"), put(kDocuments, "c", "3")}),
            ApplyOutcome::Applied);
  const Rows expected = {{"a", "2"}, {"c", "3"}};
  EXPECT_EQ(rows(*store().snapshot(), kDocuments, {}, Direction::Forward), expected);
}

TEST_P(StoreContract, SpacesAreApart) {
  ASSERT_EQ(
      apply({put(kDocuments, "a", "d1"), put(kNeighbour, "a", "d2"), put(kIndex, "a", "i1"),
             put(kCatalog, "a", "c"), put({SpaceKind::Documents, ~std::uint64_t{0}}, "a", "z"),
             put({SpaceKind::Documents, 256}, "", "empty key")}),
      ApplyOutcome::Applied);
  const auto snapshot = store().snapshot();
  EXPECT_EQ(snapshot->get(kNeighbour, "a"), "d2");
  EXPECT_EQ(rows(*snapshot, kDocuments, {}, Direction::Forward), (Rows{{"a", "d1"}}));
  EXPECT_EQ(rows(*snapshot, kDocuments, {}, Direction::Backward), (Rows{{"a", "d1"}}));
  EXPECT_EQ(rows(*snapshot, kCatalog, {}, Direction::Forward), (Rows{{"a", "c"}}));
  EXPECT_EQ(rows(*snapshot, {SpaceKind::Documents, ~std::uint64_t{0}}, {}, Direction::Forward),
            (Rows{{"a", "z"}}));
  EXPECT_EQ(rows(*snapshot, {SpaceKind::Documents, 256}, {}, Direction::Backward),
            (Rows{{"", "empty key"}}));
}

TEST_P(StoreContract, KeysAreBytesInOrder) {
  const std::vector<std::string> keys = {
      std::string("\0", 1), std::string("\0\0", 2), "\x7f", "\x80", "\xff", "\xff\xff", "", "a"};
  std::map<std::string, std::string> model;
  std::vector<Change> changes;
  for (const std::string& key : keys) {
    model[key] = "v";
    changes.push_back(put(kIndex, key, "v"));
  }
  ASSERT_EQ(apply(std::move(changes)), ApplyOutcome::Applied);
  EXPECT_EQ(rows(*store().snapshot(), kIndex, {}, Direction::Forward),
            Rows(model.begin(), model.end()));
  EXPECT_EQ(rows(*store().snapshot(), kIndex, {}, Direction::Backward),
            Rows(model.rbegin(), model.rend()));
}

TEST_P(StoreContract, ScansEqualAModel) {
  SeededRandom random(7);
  const auto key = [&random] {
    std::string made(random.below(4), 'a');
    for (char& c : made)
      c = static_cast<char>('a' + random.below(4));
    return made;
  };
  std::map<std::string, std::string> model;
  for (int round = 0; round < 6; ++round) {
    std::vector<Change> changes = {put(kNeighbour, key(), "no"), put(kIndex, key(), "no")};
    for (int i = 0; i < 25; ++i) {
      const std::string at = key();
      if (random.below(3) > 0) {
        model[at] = std::to_string(round * 100 + i);
        changes.push_back(put(kDocuments, at, model[at]));
      } else {
        model.erase(at);
        changes.push_back(erase(kDocuments, at));
      }
    }
    ASSERT_EQ(apply(std::move(changes)), ApplyOutcome::Applied);
    const auto snapshot = store().snapshot();
    for (int i = 0; i < 20; ++i) {
      const KeyRange range{random.below(2) == 0 ? "" : key(), random.below(2) == 0 ? "" : key()};
      const std::optional<std::string> seek =
          random.below(2) == 0 ? std::nullopt : std::optional(key());
      Rows expected;
      for (const auto& row : model) {
        if (row.first >= range.begin && (range.end.empty() || row.first < range.end)) {
          expected.push_back(row);
        }
      }
      Rows backward(expected.rbegin(), expected.rend());
      if (seek) {
        std::erase_if(expected, [&](const auto& row) { return row.first < *seek; });
        std::erase_if(backward, [&](const auto& row) { return row.first > *seek; });
      }
      ASSERT_EQ(rows(*snapshot, kDocuments, range, Direction::Forward, seek), expected);
      ASSERT_EQ(rows(*snapshot, kDocuments, range, Direction::Backward, seek), backward);
    }
  }
}

TEST_P(StoreContract, MultiGetAnswersInOrder) {
  ASSERT_EQ(apply({put(kDocuments, "a", "1"), put(kDocuments, "b", "")}), ApplyOutcome::Applied);
  const auto values = store().snapshot()->multi_get(kDocuments, {"b", "nothing", "a", "a"});
  const std::vector<std::optional<std::string>> expected = {"", std::nullopt, "1", "1"};
  EXPECT_EQ(values, expected);
}

TEST_P(StoreContract, TheLogIsReadInOrderBothWaysFromAnywhere) {
  ASSERT_EQ(apply({}, {Position(1, 1), Position(1, 2)}), ApplyOutcome::Applied);
  ASSERT_EQ(apply({}, {Position(3, 1)}), ApplyOutcome::Applied);
  const std::vector<Position> all = {Position(1, 1), Position(1, 2), Position(3, 1)};
  EXPECT_EQ(log_after(Position{}), all);
  EXPECT_EQ(log_after(Position(1, 1)), (std::vector<Position>{all[1], all[2]}));
  EXPECT_EQ(log_after(Position(2, 0)), (std::vector<Position>{all[2]}));
  EXPECT_TRUE(log_after(Position(3, 1)).empty());
  EXPECT_EQ(log_before(Position::max()), (std::vector<Position>{all[2], all[1], all[0]}));
  EXPECT_EQ(log_before(Position(3, 1)), (std::vector<Position>{all[1], all[0]}));
  EXPECT_TRUE(log_before(Position(1, 1)).empty());
  EXPECT_TRUE(log_before(Position{}).empty());
  EXPECT_EQ(store().first_log_position(), all[0]);
  EXPECT_EQ(store().last_position(), all[2]);
}

TEST_P(StoreContract, ALogCursorAtTheEndGoesOnWhenThereIsMore) {
  const auto cursor = store().read_log(Position{});
  EXPECT_FALSE(cursor->next());
  for (std::uint32_t second = 1; second <= 3; ++second) {
    ASSERT_EQ(apply({}, {Position(second, 1), Position(second, 2)}), ApplyOutcome::Applied);
    EXPECT_EQ(cursor->next()->position, Position(second, 1));
    EXPECT_EQ(cursor->next()->position, Position(second, 2));
    EXPECT_FALSE(cursor->next());
    EXPECT_FALSE(cursor->next());
  }
}

TEST_P(StoreContract, ALogRunIsBoundedByPositionAndBytes) {
  ASSERT_EQ(apply({}, {Position(1, 1), Position(1, 2)}), ApplyOutcome::Applied);
  ASSERT_EQ(apply({}, {Position(3, 1), Position(4, 1)}), ApplyOutcome::Applied);
  const std::vector<Position> all = log_after(Position{});
  const std::size_t each = entry(all[0]).size();
  const auto run = [&](Position after, Position up_to, std::size_t bytes_max, Position through) {
    const LogRun found = store().read_log_run(after, up_to, bytes_max);
    EXPECT_EQ(found.after(), after);
    EXPECT_EQ(found.through(), through);
    std::vector<Position> positions;
    for (std::size_t i = 0; i < found.size(); ++i) {
      positions.push_back(found.position(i));
      EXPECT_EQ(found.bytes(i), entry(found.position(i)));
    }
    return positions;
  };
  using V = std::vector<Position>;
  EXPECT_EQ(run({}, all[3], 1'000'000, all[3]), all);
  EXPECT_EQ(run(all[1], all[3], 1'000'000, all[3]), (V{all[2], all[3]}));
  EXPECT_EQ(run({}, Position(3, 0), 1'000'000, Position(3, 0)), (V{all[0], all[1]}));
  EXPECT_EQ(run(Position(2, 0), all[2], 1'000'000, all[2]), (V{all[2]}));
  EXPECT_EQ(run({}, all[3], 2 * each, all[1]), (V{all[0], all[1]}));
  EXPECT_EQ(run({}, all[3], 2 * each - 1, all[0]), (V{all[0]}));
  EXPECT_EQ(run({}, all[3], 1, all[0]), (V{all[0]})) << "the first, whatever its size";
  EXPECT_EQ(run(all[2], all[3], 1, all[3]), (V{all[3]}));
  EXPECT_EQ(run(all[3], all[3], 100, all[3]), V{});
  EXPECT_EQ(run(Position(1, 5), Position(2, 0), 100, Position(2, 0)), V{});
  store().truncate_log_before(all[2]);
  EXPECT_EQ(run({}, all[3], 1'000'000, all[3]), (V{all[2], all[3]}));
}

TEST_P(StoreContract, TheLogIsDroppedAtItsFront) {
  ASSERT_EQ(apply({}, {Position(1, 1), Position(2, 1), Position(3, 1)}), ApplyOutcome::Applied);
  store().truncate_log_before(Position(3, 1));
  EXPECT_EQ(store().first_log_position(), Position(3, 1));
  EXPECT_EQ(log_after(Position{}), (std::vector<Position>{Position(3, 1)}));
  EXPECT_EQ(log_before(Position::max()), (std::vector<Position>{Position(3, 1)}));
  store().truncate_log_before(Position(1, 1));  // long gone
  store().truncate_log_before(Position(9, 1));
  EXPECT_EQ(store().first_log_position(), std::nullopt);
  EXPECT_EQ(store().last_position(), Position(3, 1));
  EXPECT_TRUE(log_after(Position{}).empty());
  ASSERT_EQ(apply({}, {Position(9, 2)}), ApplyOutcome::Applied);
  EXPECT_EQ(store().first_log_position(), Position(9, 2));
  EXPECT_EQ(log_after(Position{}), (std::vector<Position>{Position(9, 2)}));
}

TEST_P(StoreContract, ARangeIsDropped) {
  ASSERT_EQ(apply({put(kDocuments, "a", "1"), put(kDocuments, "b", "2"), put(kDocuments, "c", "3"),
                   put(kNeighbour, "b", "4")}),
            ApplyOutcome::Applied);
  store().drop_range(kDocuments, {"b", "c"});
  EXPECT_EQ(rows(*store().snapshot(), kDocuments, {}, Direction::Forward),
            (Rows{{"a", "1"}, {"c", "3"}}));
  store().drop_range(kDocuments, {});
  EXPECT_TRUE(rows(*store().snapshot(), kDocuments, {}, Direction::Forward).empty());
  EXPECT_EQ(store().snapshot()->get(kNeighbour, "b"), "4");
  ASSERT_EQ(apply({put(kDocuments, "b", "5")}), ApplyOutcome::Applied);
  EXPECT_EQ(store().snapshot()->get(kDocuments, "b"), "5");
}

TEST_P(StoreContract, SnapshotsHaveAMaximum) {
  const std::size_t most = store().traits().snapshots_max;
  std::vector<std::shared_ptr<const Snapshot>> open;
  for (std::size_t i = 0; i < most; ++i)
    open.push_back(store().snapshot());
  EXPECT_THROW(store().snapshot(), Error);
  open.pop_back();
  EXPECT_NO_THROW(store().snapshot());
}

TEST_P(StoreContract, BytesAreCounted) {
  SeededRandom random(3);
  for (std::uint32_t i = 1; i <= 40; ++i) {
    ASSERT_EQ(apply({put(kDocuments, "k" + std::to_string(100 + i), random.bytes(10'000))},
                    {Position(i, 1)}),
              ApplyOutcome::Applied);
  }
  EXPECT_GT(store().total_bytes(), 100'000U);
  EXPECT_GT(store().log_bytes(), 0U);
  const std::uint64_t all = store().approximate_bytes(kDocuments, {});
  EXPECT_GT(all, 200'000U);
  EXPECT_LT(all, 800'000U);
  EXPECT_LT(store().approximate_bytes(kDocuments, {"k101", "k111"}), all);
  EXPECT_EQ(store().approximate_bytes(kNeighbour, {}), 0U);
}

TEST_P(StoreContract, WhatWasAppliedIsThereAfterReopening) {
  ASSERT_EQ(apply({put(kDocuments, "a", "1")}, {Position(5, 1), Position(5, 2), Position(5, 3)}),
            ApplyOutcome::Applied);
  ASSERT_EQ(apply({put(kCatalog, "c", "2"), erase(kDocuments, "none")}), ApplyOutcome::Applied);
  store().truncate_log_before(Position(5, 2));
  ASSERT_EQ(store().sync(), SyncOutcome::Durable);
  const bool durable = store().traits().durable;
  engine_->reopen();
  if (!durable) {
    EXPECT_EQ(store().last_sequence(), 0U);
    return;
  }
  EXPECT_EQ(store().snapshot()->get(kDocuments, "a"), "1");
  EXPECT_EQ(store().snapshot()->get(kCatalog, "c"), "2");
  EXPECT_EQ(store().last_position(), Position(5, 3));
  EXPECT_EQ(store().last_sequence(), 2U);
  EXPECT_EQ(store().snapshot()->sequence(), 2U);
  EXPECT_EQ(store().first_log_position(), Position(5, 2));
  EXPECT_EQ(log_after(Position{}), (std::vector<Position>{Position(5, 2), Position(5, 3)}));
  store().truncate_log_before(Position(7, 0));
  engine_->reopen();
  EXPECT_EQ(store().first_log_position(), std::nullopt);
  EXPECT_EQ(store().last_position(), Position(5, 3));
}

TEST_P(StoreContract, ABackupNeedsAFreshDirectory) {
  EXPECT_THROW(store().backup("/"), Error);
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreContract, ::testing::ValuesIn(kEngineKinds),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace freshet::storage
