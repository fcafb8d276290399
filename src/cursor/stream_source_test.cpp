// SPDX-License-Identifier: Apache-2.0
// Batches that are filled before they are asked for, against a stream that is asked alone.
#include "cursor/stream_source.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "stream/stream_testing.h"

namespace freshet::cursor {
namespace {

using stream::testing::TestLog;

constexpr std::int64_t kBudget = std::int64_t{64} << 20;
constexpr int kPadding = 3000;  // so that a few dozen events are worth being prepared
const BatchLimits kFifty{.count_max = 50};
const model::Namespace kColl{"db", "c"};

struct StreamSourceTest : ::testing::Test {
  void insert(int from, int to, int padding = kPadding) {
    std::vector<commit::PendingEntry> entries;
    for (int id = from; id < to; ++id) {
      const std::string text = "{\"_id\": " + std::to_string(id) +
                               ", \"even\": " + (id % 2 == 0 ? "true" : "false") + ", \"x\": \"" +
                               std::string(static_cast<std::size_t>(padding), 'x') + "\"}";
      entries.push_back(log.insert_entry("db.c", text));
    }
    log.write(std::move(entries));
  }

  static std::string since_the_first(std::string_view options = "", std::string_view stages = "") {
    return "[{\"$changeStream\": {\"startAtOperationTime\": {\"$timestamp\": {\"t\": 1, \"i\": "
           "1}}" +
           std::string(options) + "}}" + std::string(stages) + "]";
  }

  std::unique_ptr<StreamSource> open(const std::string& pipeline) {
    return std::make_unique<StreamSource>(log.open(kColl, pipeline), budget, log.clock);
  }

  /// One batch: the ids of its documents, -1 for what is not an insert.
  std::vector<int> fill(Source& source, const BatchLimits& limits) {
    bson::Builder out;
    out.open_array("b");
    Batch batch(out, limits);
    Operation op(log.clock, 1, log.client);
    result = source.fill(batch, op);
    bytes = batch.bytes();
    out.close();
    const std::string document = out.take();
    std::vector<int> ids;
    for (const bson::Element& event : bson::View(document)["b"].as_document()) {
      const bson::Element inserted = event.as_document()["fullDocument"];
      ids.push_back(inserted ? inserted.as_document()["_id"].as_int32() : -1);
    }
    return ids;
  }

  /// Of a stream from the first event on, the first fifty are handed out.
  std::unique_ptr<StreamSource> open_and_read_fifty() {
    auto source = open(since_the_first());
    EXPECT_EQ(fill(*source, kFifty), range(0, 50));
    return source;
  }

  static std::vector<int> range(int from, int to) {
    std::vector<int> ids;
    for (int id = from; id < to; ++id)
      ids.push_back(id);
    return ids;
  }

  TestLog log;
  AheadBudget budget{kBudget};
  FillResult result = FillResult::Full;
  std::size_t bytes = 0;
};

TEST_F(StreamSourceTest, WhatWasPreparedIsHandedOutFirst) {
  insert(0, 200);
  const auto source = open_and_read_fifty();
  const std::function<void()> prepare = source->prepare_next(kFifty, bytes);
  ASSERT_TRUE(prepare);
  EXPECT_TRUE(source->reads_much());
  prepare();
  EXPECT_GT(budget.used(), 0);
  const std::uint64_t counted = source->stream_progress()->events;
  EXPECT_EQ(counted, 50U) << "nobody has what is prepared";
  EXPECT_EQ(fill(*source, {.count_max = 30}), range(50, 80)) << "a part of it";
  EXPECT_EQ(result, FillResult::Full);
  EXPECT_FALSE(source->prepare_next(kFifty, bytes)) << "while some is left";
  EXPECT_EQ(fill(*source, {.count_max = 70}), range(80, 150)) << "the rest, and from the log";
  EXPECT_EQ(budget.used(), 0);
  EXPECT_EQ(budget.handed_out(), 1);
  EXPECT_EQ(source->stream_progress()->events, 150U);
  EXPECT_EQ(fill(*source, {}), range(150, 200));
}

TEST_F(StreamSourceTest, APromiseThatNobodyKeepsLosesNothing) {
  insert(0, 150);
  const auto source = open_and_read_fifty();
  const std::function<void()> late = source->prepare_next(kFifty, bytes);
  ASSERT_TRUE(late);
  EXPECT_EQ(budget.used(), 0) << "a promise takes no room";
  EXPECT_EQ(fill(*source, kFifty), range(50, 100));
  late();
  EXPECT_EQ(budget.used(), 0);
  EXPECT_EQ(fill(*source, kFifty), range(100, 150));
  EXPECT_EQ(budget.handed_out(), 0) << "nothing was prepared";
}

TEST_F(StreamSourceTest, NothingIsPreparedWithoutRoomOrForLittle) {
  insert(0, 200);
  const auto source = open_and_read_fifty();
  EXPECT_FALSE(source->prepare_next(kFifty, 1000));
  {
    const auto all = budget.take(kBudget);
    ASSERT_TRUE(all);
    const auto prepare = source->prepare_next(kFifty, bytes);
    ASSERT_TRUE(prepare);
    prepare();
    EXPECT_EQ(budget.used(), kBudget);
  }
  EXPECT_EQ(budget.used(), 0);
  EXPECT_EQ(fill(*source, kFifty), range(50, 100));
  EXPECT_EQ(budget.handed_out(), 0);
  const auto prepare = source->prepare_next(kFifty, bytes);
  ASSERT_TRUE(prepare);
  prepare();
  EXPECT_EQ(fill(*source, kFifty), range(100, 150));
  EXPECT_EQ(budget.handed_out(), 1);
}

TEST_F(StreamSourceTest, NothingIsPreparedOfWhatIsLookedUp) {
  insert(0, 200);
  for (const char* option :
       {R"(, "fullDocument": "updateLookup")", R"(, "fullDocument": "required")",
        R"(, "fullDocumentBeforeChange": "whenAvailable")"}) {
    const auto source = open(since_the_first(option));
    EXPECT_EQ(fill(*source, kFifty).size(), 50U);
    EXPECT_FALSE(source->prepare_next(kFifty, bytes)) << option;
  }
}

TEST_F(StreamSourceTest, AnInvalidateThatWasPreparedEndsTheCursor) {
  insert(0, 100);
  log.command("db", R"({"drop": "c"})");
  const auto source = open_and_read_fifty();
  const auto prepare = source->prepare_next({}, bytes);
  ASSERT_TRUE(prepare);
  prepare();
  const std::vector<int> rest = fill(*source, {});
  EXPECT_EQ(rest.size(), 52U) << "the other half, the drop, the invalidate";
  EXPECT_EQ(result, FillResult::Exhausted);
}

TEST_F(StreamSourceTest, AFailureThatWasPreparedComesBehindWhatStandsBeforeIt) {
  insert(0, 80);
  log.hub->set_event_bytes_max(2 * kPadding);
  insert(80, 81, 3 * kPadding);
  const auto source = open_and_read_fifty();
  const auto prepare = source->prepare_next({}, bytes);
  ASSERT_TRUE(prepare);
  prepare();
  EXPECT_EQ(fill(*source, {}), range(50, 80));
  EXPECT_EQ(result, FillResult::Full);
  const model::ResumeToken token = *source->post_batch_token();
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(stream::testing::code_of([&] { static_cast<void>(fill(*source, {})); }),
              ErrorCode::BSONObjectTooLarge);
  }
  const auto resumed = log.open_after(kColl, "resumeAfter", token);
  EXPECT_EQ(stream::testing::code_of([&] { static_cast<void>(log.drain(*resumed)); }),
            ErrorCode::BSONObjectTooLarge);
}

// Whatever is prepared, dropped or under way when the next batch is asked for: every event comes
// once, in order, and each token leads to the one behind it.
TEST_F(StreamSourceTest, AnySequenceOfBatchesGivesTheSame) {
  constexpr int kDocuments = 1500;
  for (int at = 0; at < kDocuments; at += 100)
    insert(at, at + 100);
  constexpr const char* kEvens = R"(, {"$match": {"fullDocument.even": true}})";
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const bool filtered = random() % 2 == 0;
    const char* const stages = filtered ? kEvens : "";
    const int step = filtered ? 2 : 1;
    const auto source = open(since_the_first("", stages));
    std::vector<int> all;
    std::thread worker;
    while (true) {
      BatchLimits limits{.count_max = 1 + static_cast<std::int64_t>(random() % 120)};
      if (random() % 4 == 0) limits.bytes_max = 10'000 + random() % 300'000;
      const std::vector<int> batch = fill(*source, limits);
      if (worker.joinable()) worker.join();
      all.insert(all.end(), batch.begin(), batch.end());
      if (random() % 8 == 0) {
        const auto resumed =
            log.open(kColl, "[{\"$changeStream\": {\"resumeAfter\": {\"_data\": \"" +
                                source->post_batch_token()->data() + "\"}}}" + stages + "]");
        stream::testing::Collected next(1);
        static_cast<void>(log.fill(*resumed, next));
        if (!next.events.empty()) {
          const bson::View event(next.events[0]);
          const int id = event["fullDocument"].as_document()["_id"].as_int32();
          ASSERT_EQ(id, all.empty() ? 0 : all.back() + step) << "seed " << seed;
        }
      }
      if (result != FillResult::Full) break;
      if (std::function<void()> prepare = source->prepare_next(limits, bytes)) {
        const unsigned what = random() % 4;
        if (what == 0) prepare();
        if (what >= 2) worker = std::thread(std::move(prepare));
        if (what == 3) std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
      }
    }
    if (worker.joinable()) worker.join();
    std::vector<int> wanted;
    for (int id = 0; id < kDocuments; id += step)
      wanted.push_back(id);
    ASSERT_EQ(all, wanted) << "seed " << seed;
    ASSERT_EQ(budget.used(), 0) << "seed " << seed;
  }
}

TEST_F(StreamSourceTest, ACursorMayGoWhileItsBatchIsPrepared) {
  insert(0, 1000);
  for (int round = 0; round < 50; ++round) {
    auto source = open(since_the_first());
    static_cast<void>(fill(*source, kFifty));
    std::function<void()> prepare = source->prepare_next({}, bytes);
    ASSERT_TRUE(prepare);
    std::thread worker(std::move(prepare));
    source.reset();
    worker.join();
    EXPECT_EQ(budget.used(), 0);
  }
}

}  // namespace
}  // namespace freshet::cursor
