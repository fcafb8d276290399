// SPDX-License-Identifier: Apache-2.0
// Flushing, waiting, faults and shutdown of the commit layer. What must hold over every engine
// stands in storage/commit_contract_test.cpp.
#include "storage/commit/commit_layer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "storage/commit/testing_commit.h"
#include "storage/memory/memory_store.h"
#include "storage/testing_faulty_store.h"

namespace freshet::commit {
namespace {

using storage::ApplyOutcome;
using storage::SpaceKind;

constexpr Space kSpace{SpaceKind::Documents, 1};

class CommitLayerTest : public ::testing::Test {
 protected:
  CommitResult write(const std::string& key, const std::string& value, int entries = 1) {
    Transaction transaction = layer_->begin();
    EXPECT_EQ(transaction.put(kSpace, key, value), HoldOutcome::Held);
    for (int i = 0; i < entries; ++i)
      transaction.append(test_entry(key));
    return layer_->commit(std::move(transaction));
  }

  void start(CommitOptions options = {}) {
    layer_.emplace(faulty_, clock_, logger_, std::move(options));
    layer_->set_on_fatal([this](const std::string&) { ++fatal_; });
  }

  ManualClock clock_;
  Logger logger_{clock_, {.target = LogOptions::Target::Nowhere}};
  memory::MemoryStore memory_;
  storage::FaultyStore faulty_{memory_};
  std::atomic<int> fatal_{0};
  std::optional<CommitLayer> layer_;
};

TEST_F(CommitLayerTest, NothingIsVisibleBeforeItIsSynced) {
  start();
  faulty_.hold_syncs(true);
  const Position position = write("a", "1").position;
  EXPECT_EQ(layer_->applied(), position);
  const auto waker = std::make_shared<TestWaker>();
  layer_->request_flush(position);
  layer_->wait_visible(position, waker);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_LT(layer_->visible(), position);
  EXPECT_EQ(waker->woken(), 0);
  EXPECT_EQ(layer_->snapshot(ReadPoint::Visible)->get(kSpace, "a"), std::nullopt);
  EXPECT_EQ(layer_->snapshot(ReadPoint::Latest)->get(kSpace, "a"), "1");
  faulty_.hold_syncs(false);
  EXPECT_TRUE(waker->wait());
  EXPECT_EQ(layer_->visible(), position);
  EXPECT_EQ(layer_->snapshot(ReadPoint::Visible)->get(kSpace, "a"), "1");
}

TEST_F(CommitLayerTest, WhatIsAppliedDuringASyncBelongsToTheNext) {
  start();
  faulty_.hold_syncs(true);
  const Position first = write("a", "1").position;
  layer_->request_flush(first);
  while (faulty_.syncs() == 0)
    std::this_thread::yield();
  const Position second = write("b", "2").position;
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_visible(first, waker);
  faulty_.hold_syncs(false);
  ASSERT_TRUE(waker->wait());
  const auto visible = layer_->snapshot(ReadPoint::Visible);
  EXPECT_EQ(visible->position() < second, visible->get(kSpace, "b") == std::nullopt);
  EXPECT_EQ(layer_->snapshot(ReadPoint::Visible)->get(kSpace, "a"), "1");
}

TEST_F(CommitLayerTest, AWaitThatIsOverWakesAtOnce) {
  start();
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_visible(layer_->visible(), waker);
  EXPECT_EQ(waker->woken(), 1);
}

TEST_F(CommitLayerTest, OnVisibleGetsEachEntryOnceInOrderWithItsPosition) {
  start();
  std::vector<Position> seen;
  Position through;
  layer_->set_on_visible([&](const std::vector<storage::LogRecordPtr>& records, Position upto) {
    for (const auto& record : records) {
      EXPECT_EQ(load_le<std::uint64_t>(record->bytes.data() + PendingEntry::kTimestampOffset),
                record->position.value());
      seen.push_back(record->position);
    }
    EXPECT_EQ(layer_->snapshot(ReadPoint::Visible)->position(), upto);
    through = upto;
  });
  std::vector<Position> written;
  for (int i = 0; i < 50; ++i) {
    const Position position = write("k" + std::to_string(i), "v", 2).position;
    written.emplace_back(position.value() - 1);
    written.push_back(position);
    if (i % 7 == 0) layer_->request_flush(position);
  }
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_visible(written.back(), waker);
  layer_->request_flush(written.back());
  ASSERT_TRUE(waker->wait());
  EXPECT_EQ(seen, written);
  EXPECT_EQ(through, written.back());
}

class CountsGroups final : public GroupObserver {
 public:
  void prepare(storage::CommitGroup&) override { ++groups_; }
  void refused() override {}
  int groups() const { return groups_; }

 private:
  std::atomic<int> groups_{0};
};

TEST_F(CommitLayerTest, WhatIsEnqueuedIsFinishedTogetherInItsOrder) {
  CountsGroups counting;
  start();
  layer_->set_group_observer(&counting);
  const auto enqueue = [&](const std::string& key) {
    Transaction transaction = layer_->begin();
    EXPECT_EQ(transaction.put(kSpace, key, "1"), HoldOutcome::Held);
    transaction.append(test_entry(key));
    return layer_->enqueue(std::move(transaction), nullptr, Grouping::Anywhere);
  };
  const auto first = enqueue("a");
  const auto second = enqueue("b");
  EXPECT_EQ(layer_->snapshot(ReadPoint::Latest)->get(kSpace, "a"), std::nullopt);
  const CommitResult of_second = second->finish();  // leads for the first too
  EXPECT_EQ(counting.groups(), 1);
  EXPECT_EQ(layer_->snapshot(ReadPoint::Latest)->get(kSpace, "a"), "1");
  EXPECT_LT(first->finish().position, of_second.position);

  enqueue("c").reset();  // whose owner went
  EXPECT_EQ(layer_->snapshot(ReadPoint::Latest)->get(kSpace, "c"), "1");
  const auto late = enqueue("d");
  const Position behind = write("e", "1").position;  // a commit of the old kind takes it along
  EXPECT_LT(late->finish().position, behind);
  const auto last = enqueue("f");
  layer_->stop();
  EXPECT_EQ(last->finish().status, CommitStatus::Committed);
  EXPECT_EQ(enqueue("g")->finish().status, CommitStatus::NotAccepting);
}

TEST_F(CommitLayerTest, NobodyIsToldBeforeTheStreamsAre) {
  start();
  std::atomic<bool> go_on{false};
  std::atomic<bool> told{false};
  layer_->set_on_visible([&](const std::vector<storage::LogRecordPtr>&, Position) {
    told = true;
    while (!go_on)
      std::this_thread::yield();
  });
  const Position position = write("a", "1").position;
  layer_->request_flush(position);
  while (!told)
    std::this_thread::yield();
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_visible(position, waker);
  EXPECT_LT(layer_->visible(), position);
  EXPECT_EQ(waker->woken(), 0);
  go_on = true;
  EXPECT_TRUE(waker->wait());
  EXPECT_EQ(layer_->visible(), position);
}

TEST_F(CommitLayerTest, AnIdleFlusherDoesNotSync) {
  start();
  const Position position = write("a", "1").position;
  layer_->request_flush(position);
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_visible(position, waker);
  ASSERT_TRUE(waker->wait());
  const int syncs = faulty_.syncs();
  layer_->request_flush(position);
  layer_->set_stream_listeners(true);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(faulty_.syncs(), syncs);
}

TEST_F(CommitLayerTest, StreamsAreFlushedForWithoutBeingAskedAndNobodyIsLate) {
  SystemClock machine;
  layer_.emplace(faulty_, machine, logger_, CommitOptions{.flush_interval_idle_ms = 20});
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_visible(write("a", "1").position, waker);
  EXPECT_TRUE(waker->wait());  // 20 ms late
  layer_->set_stream_listeners(true);
  const auto stream_waker = std::make_shared<TestWaker>();
  layer_->wait_visible(write("b", "1").position, stream_waker);
  EXPECT_TRUE(stream_waker->wait());
}

TEST_F(CommitLayerTest, CommitsWithoutEntriesTakeNoPositionAndBecomeVisibleToo) {
  start();
  const Position position = write("a", "1").position;
  EXPECT_EQ(write("b", "2", 0).position, position);
  layer_->request_flush(position);
  layer_->stop();
  EXPECT_EQ(layer_->snapshot(ReadPoint::Visible)->get(kSpace, "b"), "2");
}

TEST_F(CommitLayerTest, PositionsGrowThoughTheWallClockGoesBack) {
  start();
  const Position first = write("a", "1").position;
  clock_.set_wall_ms(clock_.wall_ms() - 86'400'000);
  const Position second = write("a", "2").position;
  clock_.set_wall_ms(clock_.wall_ms() + 2 * 86'400'000);
  const Position third = write("a", "3").position;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_EQ(third.seconds(), static_cast<std::uint32_t>(clock_.wall_ms() / 1000));
  layer_.reset();
  start();
  const Position after_restart = write("a", "4").position;
  EXPECT_EQ(after_restart, Position(third.seconds() + 1, 1));
}

TEST_F(CommitLayerTest, NoSpaceRefusesOneCommitAndTakesTheNext) {
  start();
  const Position before = write("a", "1").position;
  faulty_.fail_apply(1, ApplyOutcome::NoSpace);
  EXPECT_EQ(write("a", "2").status, CommitStatus::NoSpace);
  EXPECT_EQ(layer_->snapshot(ReadPoint::Latest)->get(kSpace, "a"), "1");
  EXPECT_TRUE(layer_->accepting());
  const CommitResult next = write("a", "3");
  EXPECT_EQ(next.status, CommitStatus::Committed);
  EXPECT_GT(next.position, before);
  EXPECT_EQ(fatal_, 0);
}

class FailedApply : public CommitLayerTest,
                    public ::testing::WithParamInterface<std::pair<ApplyOutcome, CommitStatus>> {};

TEST_P(FailedApply, EndsAcceptingAndWakesWhoWaits) {
  start();
  faulty_.hold_syncs(true);
  const Position first = write("a", "1").position;
  layer_->request_flush(first);
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_visible(first, waker);
  faulty_.fail_apply(1, GetParam().first, true);
  EXPECT_EQ(write("a", "2").status, GetParam().second);
  EXPECT_TRUE(waker->wait());
  EXPECT_LT(layer_->visible(), first);
  EXPECT_FALSE(layer_->accepting());
  EXPECT_EQ(fatal_, 1);
  EXPECT_EQ(write("b", "3").status, CommitStatus::NotAccepting);
  const auto late = std::make_shared<TestWaker>();
  layer_->wait_visible(Position::max(), late);
  EXPECT_EQ(late->woken(), 1);
  faulty_.hold_syncs(false);
}

INSTANTIATE_TEST_SUITE_P(
    Outcomes, FailedApply,
    ::testing::Values(std::pair(ApplyOutcome::Failed, CommitStatus::NotAccepting),
                      std::pair(ApplyOutcome::NotPrimary, CommitStatus::NotAccepting),
                      std::pair(ApplyOutcome::Unknown, CommitStatus::Unknown)));

TEST_F(CommitLayerTest, AFailedSyncIsNeverRetriedAndAcknowledgesNothing) {
  start();
  faulty_.fail_sync(1);
  const Position position = write("a", "1").position;
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_visible(position, waker);
  layer_->request_flush(position);
  ASSERT_TRUE(waker->wait());
  EXPECT_LT(layer_->visible(), position);
  EXPECT_FALSE(layer_->accepting());
  EXPECT_EQ(write("b", "1").status, CommitStatus::NotAccepting);
  layer_->stop();
  EXPECT_EQ(faulty_.syncs(), 1);
  EXPECT_EQ(fatal_, 1);
}

TEST_F(CommitLayerTest, StopFlushesWhatWasAppliedAndRefusesTheRest) {
  start();
  const Position position = write("a", "1").position;
  const auto waker = std::make_shared<TestWaker>();
  const auto never = std::make_shared<TestWaker>();
  layer_->wait_visible(position, waker);
  layer_->wait_visible(Position::max(), never);
  layer_->stop();
  EXPECT_EQ(layer_->visible(), position);
  EXPECT_EQ(waker->woken(), 1);
  EXPECT_EQ(never->woken(), 1);
  EXPECT_EQ(write("b", "1").status, CommitStatus::NotAccepting);
  EXPECT_EQ(fatal_, 0);
}

TEST_F(CommitLayerTest, ATransactionHasAMaximum) {
  start({.txn_bytes_max = 10'000});
  Transaction transaction = layer_->begin();
  EXPECT_EQ(transaction.put(kSpace, "a", std::string(9'000, 'x')), HoldOutcome::Held);
  try {
    static_cast<void>(transaction.put(kSpace, "b", std::string(9'000, 'x')));
    FAIL() << "took too much";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::TransactionTooLarge);
  }
}

TEST_F(CommitLayerTest, WhoBeginsToWriteIsToldWhenThereIsRoom) {
  start({.unflushed_bytes_max = 4'000});
  const auto at_once = std::make_shared<TestWaker>();
  layer_->wait_room(at_once);
  EXPECT_EQ(at_once->woken(), 1);

  faulty_.hold_syncs(true);
  while (layer_->has_room()) {
    Transaction transaction = layer_->begin();
    transaction.append({std::string(1'000, 'e')});
    ASSERT_EQ(layer_->commit(std::move(transaction)).status, CommitStatus::Committed);
  }
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_room(waker);
  EXPECT_EQ(waker->woken(), 0);
  faulty_.hold_syncs(false);
  EXPECT_TRUE(waker->wait());
  EXPECT_TRUE(layer_->has_room());
}

TEST_F(CommitLayerTest, WhoWaitsForRoomIsWokenWhenTheEngineFails) {
  start({.unflushed_bytes_max = 1'000});
  faulty_.hold_syncs(true);
  while (layer_->has_room()) {
    Transaction transaction = layer_->begin();
    transaction.append({std::string(1'000, 'e')});
    ASSERT_EQ(layer_->commit(std::move(transaction)).status, CommitStatus::Committed);
  }
  const auto waker = std::make_shared<TestWaker>();
  layer_->wait_room(waker);
  faulty_.fail_apply(1, ApplyOutcome::Failed, true);
  EXPECT_EQ(write("a", "2").status, CommitStatus::NotAccepting);
  EXPECT_TRUE(waker->wait());
  faulty_.hold_syncs(false);
}

TEST_F(CommitLayerTest, CommitsWaitWhileFarTooMuchIsNotVisible) {
  start({.unflushed_bytes_max = 4'000});
  faulty_.hold_syncs(true);
  std::atomic<int> committed{0};
  std::thread writer([&] {
    for (int i = 0; i < 100; ++i) {
      Transaction transaction = layer_->begin();
      transaction.append({std::string(1'000, 'e')});
      if (layer_->commit(std::move(transaction)).status == CommitStatus::Committed) ++committed;
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LT(committed, 50);
  faulty_.hold_syncs(false);
  writer.join();
  EXPECT_EQ(committed, 100);
}

}  // namespace
}  // namespace freshet::commit
