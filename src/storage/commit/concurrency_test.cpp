// SPDX-License-Identifier: Apache-2.0
// Several threads on one commit layer: no update is lost, the log has each commit once and in
// order, and readers see whole commits.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "storage/commit/commit_layer.h"
#include "storage/commit/testing_commit.h"
#include "storage/memory/memory_store.h"

namespace freshet::commit {
namespace {

using storage::SpaceKind;

constexpr Space kCounters{SpaceKind::Documents, 1};
constexpr int kThreads = 4;
constexpr int kCountersMax = 3;
#if defined(__SANITIZE_THREAD__)
constexpr int kIncrements = 150;
#else
constexpr int kIncrements = 500;
#endif

class ConcurrencyTest : public ::testing::Test {
 protected:
  // Both keys or neither. Parks while another holds one of them, with nothing held itself.
  bool put_both(Transaction& transaction, const std::string& counter, int value) {
    for (const std::string& key : {counter, "copy of " + counter}) {
      const HoldOutcome outcome = transaction.put(kCounters, key, std::to_string(value));
      if (outcome == HoldOutcome::Held) continue;
      if (outcome == HoldOutcome::Conflict) conflict_ = transaction.conflict_key();
      return false;
    }
    return true;
  }

  // One statement: runs again until it is committed.
  void increment(const std::string& counter, const std::string& note) {
    for (;;) {
      std::string conflict;
      {
        Transaction transaction = layer_.begin();
        const int value = std::stoi(transaction.get(kCounters, counter).value_or("0")) + 1;
        if (put_both(transaction, counter, value)) {
          transaction.append(test_entry(note));
          finish(layer_.commit(std::move(transaction)), value);
          return;
        }
        conflict = std::exchange(conflict_, {});
      }
      if (conflict.empty()) continue;  // changed: run again at once
      const auto waker = std::make_shared<TestWaker>();
      layer_.wait_released(conflict, waker);
      ASSERT_TRUE(waker->wait());
    }
  }

  // Now and then a majority write.
  void finish(const CommitResult& result, int value) {
    ASSERT_EQ(result.status, CommitStatus::Committed);
    if (value % 20 != 0) return;
    const auto waker = std::make_shared<TestWaker>();
    layer_.request_flush(result.position);
    layer_.wait_visible(result.position, waker);
    ASSERT_TRUE(waker->wait());
    ASSERT_GE(layer_.visible(), result.position);
  }

  void expect_whole(ReadPoint point) {
    const auto snapshot = layer_.snapshot(point);
    for (int i = 0; i < kCountersMax; ++i) {
      const std::string counter = std::to_string(i);
      ASSERT_EQ(snapshot->get(kCounters, counter), snapshot->get(kCounters, "copy of " + counter));
    }
  }

  SystemClock clock_;
  Logger logger_{clock_, {.target = LogOptions::Target::Nowhere}};
  memory::MemoryStore store_;
  CommitLayer layer_{store_, clock_, logger_, {}};
  static thread_local std::string conflict_;
};

thread_local std::string ConcurrencyTest::conflict_;

TEST_F(ConcurrencyTest, NoUpdateIsLostAndTheLogHasEachCommitOnceInOrder) {
  std::vector<Position> visible_log;
  layer_.set_on_visible([&](const std::vector<storage::LogRecordPtr>& records, Position) {
    for (const auto& record : records)
      visible_log.push_back(record->position);
  });
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      expect_whole(ReadPoint::Latest);
      expect_whole(ReadPoint::Visible);
      ASSERT_LE(layer_.visible(), layer_.applied());
    }
  });
  std::vector<std::thread> writers;
  for (int thread = 0; thread < kThreads; ++thread) {
    writers.emplace_back([this, thread] {
      SeededRandom random(static_cast<std::uint64_t>(thread) + 1);
      for (int i = 0; i < kIncrements; ++i) {
        increment(std::to_string(random.below(kCountersMax)),
                  std::to_string(thread) + ":" + std::to_string(i));
      }
    });
  }
  for (std::thread& writer : writers)
    writer.join();
  done = true;
  reader.join();
  layer_.stop();

  int sum = 0;
  {
    const auto snapshot = layer_.snapshot(ReadPoint::Visible);
    for (int i = 0; i < kCountersMax; ++i) {
      sum += std::stoi(snapshot->get(kCounters, std::to_string(i)).value_or("0"));
    }
  }
  EXPECT_EQ(sum, kThreads * kIncrements);

  std::vector<Position> log;
  std::map<std::string, int> next_of_thread;
  const auto cursor = store_.read_log(Position{});
  while (const auto record = cursor->next()) {
    const std::string note = note_of(record->bytes);
    const auto colon = note.find(':');
    ASSERT_EQ(std::stoi(note.substr(colon + 1)), next_of_thread[note.substr(0, colon)]++);
    ASSERT_TRUE(log.empty() || log.back() < record->position);
    log.push_back(record->position);
  }
  EXPECT_EQ(log.size(), static_cast<std::size_t>(kThreads * kIncrements));
  EXPECT_EQ(visible_log, log);
}

}  // namespace
}  // namespace freshet::commit
