// SPDX-License-Identifier: Apache-2.0
// What a stream says when its history is gone, or an event of it cannot be made.
#include <gtest/gtest.h>

#include "stream/change_stream.h"
#include "stream/stream_testing.h"

namespace freshet::stream {
namespace {

using testing::code_of;
using testing::Collected;
using testing::CountingWaker;
using testing::field_names;
using testing::TestLog;
using testing::token_of;
using testing::types_of;

constexpr const char* kPlain = R"([{"$changeStream": {}}])";
const model::Namespace kColl{"db", "c"};

TEST(StreamHistoryTest, SaysWhenHistoryIsLost) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  const auto behind = log.open(kColl, kPlain);
  log.insert("db.c", R"({"_id": 1})");
  const auto events = log.drain(*stream);
  const model::ResumeToken mark = stream->post_batch_token();
  log.insert("db.c", R"({"_id": 2})");
  log.insert("db.c", R"({"_id": 3})");
  const storage::Position dropped = log.lose_history();
  ASSERT_GT(dropped, mark.time);
  const model::ClusterTime first(dropped.value() + 1);
  const std::string names_first =
      fmt::format("Timestamp({}, {})", first.seconds(), first.increment());
  for (const model::ResumeToken& token : {token_of(events[0]), mark}) {
    try {
      log.open_after(kColl, "resumeAfter", token);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::ChangeStreamHistoryLost);
      EXPECT_EQ(error.labels(), std::vector<std::string>{"NonResumableChangeStreamError"});
      EXPECT_NE(error.message().find("resume point"), std::string::npos);
      EXPECT_NE(error.message().find("no longer be in the oplog"), std::string::npos);
      EXPECT_NE(error.message().find(
                    fmt::format("Timestamp({}, {})", token.time.seconds(), token.time.increment())),
                std::string::npos);
      EXPECT_NE(error.message().find(names_first), std::string::npos);
    }
  }
}

TEST(StreamHistoryTest, ATokenExpiresOnlyWithAnEntryBehindIt) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  log.insert("db.c", R"({"_id": 1})");
  log.insert("db.c", R"({"_id": 2})");
  log.drain(*stream);
  const model::ResumeToken mark = stream->post_batch_token();
  log.lose_history();
  EXPECT_TRUE(log.drain(*log.open_after(kColl, "resumeAfter", mark)).empty());
  log.insert("other.c", R"({"_id": 1})");
  log.lose_history();
  EXPECT_TRUE(log.drain(*log.open_after(kColl, "resumeAfter", mark)).empty());
  log.insert("other.c", R"({"_id": 2})");
  log.lose_history();
  EXPECT_EQ(code_of([&] { log.open_after(kColl, "resumeAfter", mark); }),
            ErrorCode::ChangeStreamHistoryLost);
}

TEST(StreamHistoryTest, AWaitingStreamOutlivesTheLogOfOthers) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  Collected none;
  ASSERT_EQ(log.fill(*stream, none), StreamFill::WouldWait);
  const auto waker = std::make_shared<CountingWaker>();
  stream->subscribe(waker);
  for (int i = 0; i < 5; ++i)
    log.insert("other.c", R"({"_id": 1})");
  log.wait_dispatched();
  EXPECT_EQ(waker->count, 0);
  EXPECT_GE(log.hub->lowest_needed(SteadyTime::max()), log.commits.visible());
  log.lose_history();
  log.insert("db.c", R"({"_id": 7})");
  while (waker->count == 0)  // it is woken behind those who only watch
    std::this_thread::yield();
  EXPECT_EQ(waker->count, 1);
  EXPECT_EQ(types_of(log.drain(*stream)), "insert");
}

TEST(StreamHistoryTest, AnOverflowOfTheRingCostsNoHistoryThatWasNoConcern) {
  Limits limits;
  limits.stream_ring_bytes_max = 3'000;
  TestLog log(limits);
  const auto stream = log.open(kColl, kPlain);
  for (int i = 0; i < 3; ++i)
    log.insert("other.c", R"({"_id": 1})");
  log.wait_dispatched();
  log.lose_history();
  // One commit larger than the ring: no dispatcher is fast enough.
  std::vector<commit::PendingEntry> entries;
  const std::string large = R"({"_id": 1, "x": ")" + std::string(1'000, 'x') + "\"}";
  for (int i = 0; i < 20; ++i)
    entries.push_back(log.insert_entry("other.c", large));
  log.write(std::move(entries));
  log.insert("db.c", R"({"_id": 7})");
  EXPECT_EQ(types_of(log.drain(*stream)), "insert");
}

TEST(StreamHistoryTest, StreamsThatAreBehindShareWhatTheyRead) {
  TestLog log;
  const auto early = log.open(kColl, kPlain);
  log.insert("db.c", R"({"_id": 0})");
  const model::ResumeToken token = token_of(log.drain(*early)[0]);
  constexpr int kEntries = 1'000;
  std::vector<commit::PendingEntry> entries;
  for (int i = 1; i <= kEntries; ++i) {
    entries.push_back(log.insert_entry("db.c", "{\"_id\": " + std::to_string(i) + "}"));
  }
  log.write(std::move(entries));
  const std::string after = R"([{"$changeStream": {"resumeAfter": {"_data": ")" + token.data() +
                            "\"}}}, {\"$match\": {\"fullDocument._id\": {\"$mod\": [4, ";
  std::vector<std::unique_ptr<ChangeStream>> streams;
  for (int k = 0; k < 4; ++k) {
    streams.push_back(log.open(kColl, after + std::to_string(k) + "]}}}]"));
    EXPECT_TRUE(streams.back()->is_behind());
  }
  std::vector<std::size_t> events(streams.size());
  for (int round = 0; round < kEntries / 4; round += 10) {  // side by side, in small batches
    for (std::size_t k = 0; k < streams.size(); ++k) {
      Collected batch(10);
      (void)log.fill(*streams[k], batch);
      for (std::size_t i = 0; i < batch.events.size(); ++i) {
        const bson::View document = (batch[i])["fullDocument"].as_document();
        const auto expected = static_cast<std::int32_t>(4 * events[k]++ + (k == 0 ? 4 : k));
        EXPECT_EQ(document["_id"].as_int32(), expected);
      }
    }
  }
  EXPECT_EQ(events, std::vector<std::size_t>(4, kEntries / 4));
  const oplog::LogBlocksStats stats = log.log_blocks.stats();
  // How many were read ahead in time is chance; each of the four alone would read at least two.
  EXPECT_GT(stats.shared, stats.loaded);
  EXPECT_LT(stats.loaded + stats.read_ahead, 8U);
}

TEST(StreamHistoryTest, AGapIsAnEventForWhoWantsErrorsAsEvents) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  log.insert("db.c", R"({"_id": 1})");
  const std::vector<std::string> events = log.drain(*stream);
  log.insert("db.c", R"({"_id": 2})");
  log.insert("db.c", R"({"_id": 3})");
  const storage::Position dropped = log.lose_history();
  const std::string errors = R"([{"$changeStream": {"showErrorsAsEvents": true, "resumeAfter": )" +
                             bson::to_json(bson::View(events[0])["_id"].as_document()) + "}}]";
  const auto resumed = log.open(kColl, errors);
  const std::vector<std::string> rest = log.drain(*resumed);
  ASSERT_EQ(types_of(rest), "error insert");
  const bson::View gap = bson::View(rest[0])["error"].as_document();
  EXPECT_EQ(gap["code"].as_int32(), 286);
  EXPECT_EQ(gap["gap"].as_document()["after"].as_timestamp().value(),
            token_of(events[0]).time.value() - 1);
  EXPECT_EQ(gap["gap"].as_document()["firstAvailable"].as_timestamp().value(), dropped.value() + 1);
  // The gap's token is one to go on from, without the gap.
  EXPECT_EQ(log.drain(*log.open_after(kColl, "resumeAfter", token_of(rest[0]))),
            std::vector<std::string>{rest[1]});
}

TEST(StreamHistoryTest, WhatCameBeforeAFailureIsHandedOutFirst) {
  TestLog log;
  const std::string pipeline = R"([{"$changeStream": {}}, {"$set": {"x": {"$divide": [1,
      {"$ifNull": ["$fullDocument.d", 1]}]}}}])";
  const auto stream = log.open(kColl, pipeline);
  log.insert("db.c", R"({"_id": 1})");
  log.insert("db.c", R"({"_id": 2, "d": 0})");
  log.insert("db.c", R"({"_id": 3})");
  Collected first;
  EXPECT_EQ(log.fill(*stream, first), StreamFill::Full);
  ASSERT_EQ(first.events.size(), 1U);
  EXPECT_EQ(stream->post_batch_token(), token_of(first.events[0]));
  Collected second;
  EXPECT_THROW(static_cast<void>(log.fill(*stream, second)), Error);
  EXPECT_TRUE(second.events.empty());
}

TEST(StreamHistoryTest, AFailedEventIsAnEventForWhoWantsErrorsAsEvents) {
  TestLog log;
  const std::string pipeline = R"([{"$changeStream": {"showErrorsAsEvents": true}},
      {"$set": {"x": {"$divide": [1, {"$ifNull": ["$fullDocument.d", 1]}]}}}])";
  const auto stream = log.open(kColl, pipeline);
  log.insert("db.c", R"({"_id": 1})");
  log.insert("db.c", R"({"_id": 2, "d": 0})");
  log.insert("db.c", R"({"_id": 3})");
  const auto events = log.drain(*stream);
  ASSERT_EQ(types_of(events), "insert error insert");
  EXPECT_EQ(field_names(bson::View(events[1])),
            "_id operationType clusterTime wallTime ns documentKey error");
  EXPECT_EQ(field_names(bson::View(events[1])["error"].as_document()), "code codeName errmsg");
  EXPECT_EQ(log.counters.error_events.value(), 1);
  // A required image that was not kept stays an error.
  const auto strict = log.open(kColl, R"([{"$changeStream": {"showErrorsAsEvents": true,
                                          "fullDocumentBeforeChange": "required"}}])");
  log.remove("db.c", R"({"_id": 1})");
  Collected none;
  EXPECT_EQ(code_of([&] { static_cast<void>(log.fill(*strict, none)); }),
            ErrorCode::NoMatchingDocument);
}

}  // namespace
}  // namespace freshet::stream
