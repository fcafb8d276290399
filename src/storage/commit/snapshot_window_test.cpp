// SPDX-License-Identifier: Apache-2.0
// Reads by time: exactly what was true then, or nothing.
#include "storage/commit/snapshot_window.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "storage/commit/commit_layer.h"
#include "storage/commit/testing_commit.h"
#include "storage/memory/memory_store.h"

namespace freshet::commit {
namespace {

constexpr Space kSpace{storage::SpaceKind::Documents, 1};
constexpr std::int64_t kWindowMs = 10'000;

class SnapshotWindowTest : public ::testing::Test {
 protected:
  SnapshotWindowTest() {
    CommitOptions options;
    options.snapshot_window_ms = kWindowMs;
    layer_.emplace(store_, clock_, logger_, options);
  }

  Position write(const std::string& value, int entries = 1) {
    Transaction transaction = layer_->begin();
    EXPECT_EQ(transaction.put(kSpace, "k", value), HoldOutcome::Held);
    for (int i = 0; i < entries; ++i)
      transaction.append(test_entry(value));
    return layer_->commit(std::move(transaction)).position;
  }

  void make_visible() {
    const auto waker = std::make_shared<TestWaker>();
    layer_->request_flush(layer_->applied());
    layer_->wait_visible(layer_->applied(), waker);
    ASSERT_TRUE(waker->wait());
  }

  /// The value at that time; nothing when it cannot be told.
  std::optional<std::string> at(Position position) {
    const auto snapshot = layer_->snapshot_at(position);
    return snapshot ? snapshot->get(kSpace, "k") : std::nullopt;
  }

  ManualClock clock_;
  Logger logger_{clock_, {.target = LogOptions::Target::Nowhere}};
  memory::MemoryStore store_;
  std::optional<CommitLayer> layer_;
};

TEST_F(SnapshotWindowTest, ATimeThatWasHandedOutIsReadableForTheWindow) {
  write("1");
  make_visible();
  const Position handed_out = layer_->pin_visible()->position();
  for (int i = 2; i < 20; ++i)
    write(std::to_string(i));
  make_visible();
  EXPECT_EQ(at(handed_out), "1");
  clock_.advance(Milliseconds(kWindowMs - 1));
  layer_->expire_snapshots();
  EXPECT_EQ(at(handed_out), "1");
  clock_.advance(Milliseconds(1));
  layer_->expire_snapshots();
  EXPECT_EQ(at(handed_out), std::nullopt);
  EXPECT_EQ(layer_->snapshots_kept(), 0U);
}

TEST_F(SnapshotWindowTest, PinnedAgainItStaysLonger) {
  write("1");
  make_visible();
  const Position handed_out = layer_->pin_visible()->position();
  clock_.advance(Milliseconds(kWindowMs / 2));
  layer_->pin_visible();
  write("2");
  make_visible();
  clock_.advance(Milliseconds(kWindowMs / 2));
  layer_->expire_snapshots();
  EXPECT_EQ(at(handed_out), "1");
}

TEST_F(SnapshotWindowTest, APositionWithinOneCommitCannotBeTold) {
  write("1");
  make_visible();
  const Position before = layer_->pin_visible()->position();
  const Position last = write("2", 3);
  make_visible();
  layer_->pin_visible();
  write("3");
  make_visible();
  EXPECT_EQ(at(before), "1");
  EXPECT_EQ(at(Position(last.value() - 1)), std::nullopt);
  EXPECT_EQ(at(Position(last.value() - 2)), std::nullopt);
  EXPECT_EQ(at(last), "2");
}

TEST_F(SnapshotWindowTest, WhereTheLogIsCutNothingIsGuessed) {
  write("1");
  make_visible();
  const Position handed_out = layer_->pin_visible()->position();
  clock_.advance(Milliseconds(2'000));
  write("2");
  write("3");
  make_visible();
  const Position between(handed_out.value() + 1);
  EXPECT_EQ(at(between), "1");
  store_.truncate_log_before(layer_->applied());
  EXPECT_EQ(at(between), std::nullopt);
  EXPECT_EQ(at(handed_out), "1");
}

// Every position of a random history, asked for at random times, under random pins and expiry.
TEST_F(SnapshotWindowTest, AnAnswerIsNeverApproximate) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 chance(seed);
    std::map<std::uint64_t, std::string> history;
    int answered = 0;
    for (int step = 0; step < 200; ++step) {
      const std::string value = std::to_string(seed) + "/" + std::to_string(step);
      history[write(value, 1 + static_cast<int>(chance() % 3)).value()] = value;
      if (chance() % 3 == 0) make_visible();
      if (chance() % 4 == 0) layer_->pin_visible();
      if (chance() % 5 == 0) clock_.advance(Milliseconds(chance() % (kWindowMs / 8)));
      if (chance() % 7 == 0) layer_->expire_snapshots();
      auto near = history.begin();
      std::advance(near, chance() % history.size());
      const Position asked(near->first + chance() % 4);
      if (asked > layer_->applied()) continue;
      const auto snapshot = layer_->snapshot_at(asked);
      if (!snapshot) continue;
      ++answered;
      EXPECT_EQ(snapshot->get(kSpace, "k"), std::prev(history.upper_bound(asked.value()))->second)
          << "seed " << seed << " step " << step;
    }
    EXPECT_GT(answered, 10) << "seed " << seed;
  }
}

TEST_F(SnapshotWindowTest, AnEntryNamesTheOneBefore) {
  Transaction transaction = layer_->begin();
  for (int i = 0; i < 3; ++i) {
    PendingEntry entry = test_entry("12345678");  // overwritten
    entry.previous_offset = PendingEntry::kTimestampOffset + 8 + 3 + 4;
    transaction.append(std::move(entry));
  }
  layer_->commit(std::move(transaction));
  const auto cursor = store_.read_log(Position{});
  EXPECT_EQ(note_of(cursor->next()->bytes), "12345678");
  Position before = Position(layer_->applied().value() - 2);
  while (const auto record = cursor->next()) {
    std::string expected;
    append_le(expected, before.value());
    EXPECT_EQ(note_of(record->bytes), expected);
    before = record->position;
  }
}

}  // namespace
}  // namespace freshet::commit
