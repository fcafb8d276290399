// SPDX-License-Identifier: Apache-2.0
// Who is woken, what a stream costs, and what happens to one that lags.
#include "stream/hub.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <thread>

#include "stream/feed.h"
#include "stream/stream_testing.h"

namespace freshet::stream {
namespace {

using testing::Collected;
using testing::CountingWaker;
using testing::TestLog;

constexpr const char* kPlain = R"([{"$changeStream": {}}])";
const model::Namespace kColl{"db", "c"};

std::int32_t id_of(const std::string& event) {
  return bson::View(event)["documentKey"].as_document()["_id"].as_int32();
}

std::string document(int id) {
  return "{\"_id\": " + std::to_string(id) + "}";
}

/// Waits a moment for something that another thread does.
bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 5'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

TEST(StreamHubTest, WakesForAMatchAndForNothingElse) {
  TestLog log;
  const auto stream = log.open(kColl, R"([{"$changeStream": {}},
                                          {"$match": {"fullDocument.a": 1}}])");
  EXPECT_TRUE(log.drain(*stream).empty());
  const auto waker = std::make_shared<CountingWaker>();
  stream->subscribe(waker);
  for (int i = 0; i < 50; ++i) {
    log.insert("db.other", document(i));
    log.insert("other.c", document(i));
    log.insert("db.c", "{\"_id\": 1, \"a\": 2}");
  }
  log.wait_dispatched();
  EXPECT_EQ(waker->count, 0);
  log.insert("db.c", "{\"_id\": 1, \"a\": 1}");
  EXPECT_TRUE(eventually([&] { return waker->count == 1; }));
  EXPECT_EQ(log.drain(*stream).size(), 1U);
  EXPECT_EQ(waker->count, 1);
}

TEST(StreamHubTest, AFilterOnALookedUpDocumentWakesForUpdatesThatMayMatch) {
  TestLog log;
  const auto stream = log.open(kColl, R"([{"$changeStream": {"fullDocument": "updateLookup"}},
                                          {"$match": {"fullDocument.a": 1}}])");
  EXPECT_TRUE(log.drain(*stream).empty());
  const auto waker = std::make_shared<CountingWaker>();
  stream->subscribe(waker);
  log.insert("db.c", "{\"_id\": 1, \"a\": 2}");
  log.remove("db.c", document(1));
  log.wait_dispatched();
  EXPECT_EQ(waker->count, 0);
  log.write(
      TestLog::one(log.update_entry("db.c", document(2), R"({"$v": 2, "diff": {"u": {"b": 1}}})")));
  EXPECT_TRUE(eventually([&] { return waker->count == 1; }));
  EXPECT_TRUE(log.drain(*stream).empty());
  log.lookup.documents.emplace_back(kColl, testing::json("{\"_id\": 2, \"a\": 1}"));
  log.write(
      TestLog::one(log.update_entry("db.c", document(2), R"({"$v": 2, "diff": {"u": {"b": 2}}})")));
  EXPECT_EQ(log.drain(*stream).size(), 1U);
}

TEST(StreamHubTest, WakesAtOnceWhenThereIsSomethingAlready) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  log.insert("db.c", document(1));
  log.wait_dispatched();
  const auto waker = std::make_shared<CountingWaker>();
  stream->subscribe(waker);
  EXPECT_EQ(waker->count, 1);
}

TEST(StreamHubTest, EqualDefinitionsShareOneFeed) {
  TestLog log;
  const auto a = log.open(kColl, kPlain);
  const auto b = log.open(kColl, kPlain);
  const auto c = log.open(kColl, R"([{"$changeStream": {}}, {"$match": {"x": 1}}])");
  EXPECT_EQ(log.hub->stats().streams, 3U);
  EXPECT_EQ(log.hub->stats().feeds, 2U);
  log.insert("db.c", document(1));
  log.insert("db.c", "{\"_id\": 2, \"x\": 1}");
  const auto events = log.drain(*a);
  EXPECT_EQ(events.size(), 2U);
  EXPECT_EQ(log.drain(*b), events);
  EXPECT_TRUE(log.drain(*c).empty());
}

TEST(StreamHubTest, AFeedOfManyStreamsRemembersMore) {
  constexpr int kMore = 2 * static_cast<int>(Feed::kStreamMatchesMax);
  TestLog log;
  const auto alone = log.open(kColl, kPlain);
  const auto insert = [&](int from) {
    for (int i = 0; i < kMore; ++i)
      log.insert("db.c", document(from + i));
    log.wait_dispatched();
  };
  insert(0);
  EXPECT_TRUE(alone->is_behind());
  std::vector<std::unique_ptr<ChangeStream>> others;
  for (int i = 0; i < 3; ++i)
    others.push_back(log.open(kColl, kPlain));
  EXPECT_EQ(log.drain(*alone).size(), static_cast<std::size_t>(kMore));
  insert(kMore);
  EXPECT_FALSE(alone->is_behind());
  const auto events = log.drain(*alone);
  EXPECT_EQ(events.size(), static_cast<std::size_t>(kMore));
  for (const auto& other : others)
    EXPECT_EQ(log.drain(*other), events);
}

TEST(StreamHubTest, AStreamThatLagsReadsTheLog) {
  Limits limits;
  limits.stream_ring_bytes_max = 2'000;
  TestLog log(limits);
  const auto stream = log.open(kColl, kPlain);
  for (int i = 0; i < 700; ++i) {
    log.insert("db.c", document(i));
    log.insert("db.other", document(i));
  }
  log.wait_dispatched();
  EXPECT_TRUE(stream->is_behind());
  EXPECT_LE(log.hub->stats().ring_bytes, 2'200U);
  const auto events = log.drain(*stream, 10);
  ASSERT_EQ(events.size(), 700U);
  for (int i = 0; i < 700; ++i)
    EXPECT_EQ(id_of(events[static_cast<std::size_t>(i)]), i);
  EXPECT_FALSE(stream->is_behind());
  log.insert("db.c", document(1'000));
  EXPECT_EQ(log.drain(*stream).size(), 1U);
}

TEST(StreamHubTest, TellsRetentionWhatOpenStreamsNeed) {
  TestLog log;
  EXPECT_EQ(log.hub->lowest_needed({}), Position::max());
  log.insert("db.c", document(1));
  const Position start = log.commits.visible();
  const auto stream = log.open(kColl, kPlain);
  log.insert("db.c", document(2));
  log.wait_dispatched();
  EXPECT_EQ(log.hub->lowest_needed({}), start);
  EXPECT_EQ(log.drain(*stream).size(), 1U);
  EXPECT_EQ(log.hub->lowest_needed({}), log.commits.visible());
  EXPECT_EQ(log.hub->lowest_needed(SteadyTime::max()), Position::max());
}

TEST(StreamHubTest, RefusesMoreStreamsThanTheLimit) {
  Limits limits;
  limits.streams_open_max = 2;
  TestLog log(limits);
  const auto a = log.open(kColl, kPlain);
  auto b = log.open(kColl, kPlain);
  EXPECT_EQ(testing::code_of([&] { log.open(kColl, kPlain); }), ErrorCode::OperationFailed);
  b.reset();
  EXPECT_NE(log.open(kColl, kPlain), nullptr);
}

TEST(StreamHubTest, AnIdleStreamCostsLittle) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's allocator does not say what is in use";
#else
  TestLog log;
  constexpr int kStreams = 1'000;
  std::vector<std::unique_ptr<ChangeStream>> streams;
  std::vector<std::shared_ptr<CountingWaker>> wakers;
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < kStreams; ++i) {
    const std::string pipeline =
        R"([{"$changeStream": {}}, {"$match": {"fullDocument.user": )" + std::to_string(i) + "}}]";
    streams.push_back(log.open(kColl, pipeline));
    wakers.push_back(std::make_shared<CountingWaker>());
    streams.back()->subscribe(wakers.back());
  }
  const std::size_t each = (mallinfo2().uordblks - before) / kStreams;
  RecordProperty("bytes_per_stream", std::to_string(each));
  EXPECT_LT(each, 8'192U);
  EXPECT_EQ(log.hub->stats().waiting, 1'000U);
  log.insert("db.c", "{\"_id\": 1, \"user\": 500}");
  EXPECT_TRUE(eventually([&] { return wakers[500]->count == 1; }));
  for (int i = 0; i < kStreams; ++i) {
    EXPECT_EQ(wakers[static_cast<std::size_t>(i)]->count, i == 500 ? 1 : 0);
  }
#endif
}

/// Reads with parking until it has `wanted` events.
void read_until(TestLog& log, ChangeStream& stream, std::size_t wanted,
                std::vector<std::int32_t>& ids) {
  while (ids.size() < wanted) {
    Collected batch(17);
    Operation op(log.clock, 1, log.client);
    const StreamFill result = stream.fill(batch, op);
    for (const std::string& event : batch.events)
      ids.push_back(id_of(event));
    if (result != StreamFill::WouldWait || ids.size() >= wanted) continue;
    const auto waker = std::make_shared<CountingWaker>();
    stream.subscribe(waker);
    if (!eventually([&] { return waker->count > 0; })) return;
  }
}

TEST(StreamHubTest, ManyReadersSeeEveryEventInOrderWhileManyWrite) {
  Limits limits;
  limits.stream_ring_bytes_max = 8'000;  // some lag, some keep up
  TestLog log(limits);
  constexpr int kWriters = 3;
  constexpr int kEach = 300;
  constexpr int kReaders = 4;
  std::vector<std::unique_ptr<ChangeStream>> streams;
  std::vector<std::vector<std::int32_t>> seen(kReaders);
  for (int i = 0; i < kReaders; ++i) {
    streams.push_back(i == 0 ? log.open({"db", ""}, kPlain) : log.open(kColl, kPlain));
  }
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&log, w] {
      for (int i = 0; i < kEach; ++i) {
        log.write_without_waiting(TestLog::one(log.insert_entry("db.c", document(w * kEach + i))));
        log.write_without_waiting(TestLog::one(log.insert_entry("other.c", document(0))));
      }
    });
  }
  for (int r = 0; r < kReaders; ++r) {
    const auto at = static_cast<std::size_t>(r);
    threads.emplace_back([&log, stream = streams[at].get(), ids = &seen[at]] {
      read_until(log, *stream, kWriters * kEach, *ids);
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const auto& ids : seen) {
    ASSERT_EQ(ids.size(), static_cast<std::size_t>(kWriters * kEach));
    EXPECT_EQ(ids, seen[0]);
  }
}

TEST(StreamHubTest, StreamsComeAndGoWhileEntriesAreDispatched) {
  TestLog log;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) {
      log.write_without_waiting(TestLog::one(log.insert_entry("db.c", document(i))));
    }
    done = true;
  });
  while (!done) {
    const auto stream = log.open(kColl, kPlain);
    const auto waker = std::make_shared<CountingWaker>();
    stream->subscribe(waker);
    Collected batch(5);
    Operation op(log.clock, 1, log.client);
    static_cast<void>(stream->fill(batch, op));
  }
  writer.join();
  EXPECT_EQ(log.hub->stats().feeds, 0U);
  EXPECT_EQ(log.hub->stats().ring_entries, 0U);
}

}  // namespace
}  // namespace freshet::stream
