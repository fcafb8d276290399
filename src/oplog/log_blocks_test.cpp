// SPDX-License-Identifier: Apache-2.0
#include "oplog/log_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "bson/builder.h"
#include "oplog/entry.h"
#include "oplog/postings.h"
#include "oplog/reader.h"
#include "storage/commit/commit_layer.h"
#include "storage/memory/memory_store.h"
#include "storage/testing_faulty_store.h"

namespace freshet::oplog {
namespace {

using storage::Position;

constexpr std::size_t kPlenty = std::size_t{64} << 20;

/// A record that was found, with the number its writer gave it.
struct Found {
  Position position;
  std::int32_t number;
  bool operator==(const Found&) const = default;
};

std::int32_t number_of(std::string_view entry) {
  return EntryView::parse(entry).o["_id"].as_int32();
}

class LogBlocksTest : public ::testing::Test {
 protected:
  LogBlocksTest() { commits_.set_group_observer(&postings_); }

  Position commit(commit::PendingEntry entry) {
    commit::Transaction transaction = commits_.begin();
    transaction.append(std::move(entry));
    return commits_.commit(std::move(transaction)).position;
  }
  Position insert(std::string_view ns, std::int32_t number, std::size_t bytes = 100) {
    bson::Builder out;
    out.add("_id", number).add("pad", std::string(bytes, 'x'));
    const std::string document = out.take();
    return commit(make_insert({.wall_ms = 5}, {ns, model::Uuid()}, bson::View(document)));
  }
  Position command(std::string_view db, std::string_view name, std::int32_t number) {
    bson::Builder o;
    o.add(name, "x").add("_id", number);
    const std::string bytes = o.take();
    return commit(make_command({}, db, std::nullopt, bson::View(bytes)));
  }
  /// Entries of one collection until the log has this many bytes more.
  void fill(std::size_t bytes) {
    const std::uint64_t until = store_.log_bytes() + bytes;
    while (store_.log_bytes() < until)
      positions_.push_back(insert("db.a", ++written_, 1'000));
  }

  /// What there is, by a plain cursor.
  std::vector<Found> expected(const LogScope& scope, Position after, Position up_to) {
    std::vector<Found> found;
    const auto cursor = store_.read_log(after);
    while (const auto record = cursor->next()) {
      if (record->position > up_to) break;
      if (scope.admits(record->bytes)) {
        found.push_back({record->position, number_of(record->bytes)});
      }
    }
    return found;
  }
  Position end() const { return commits_.applied(); }
  void wait_for_read_ahead(const LogBlocks& blocks, std::uint64_t count) {
    while (blocks.stats().read_ahead < count)
      std::this_thread::yield();
  }

  memory::MemoryStore memory_;
  storage::FaultyStore store_{memory_};
  ManualClock clock_;
  Logger logger_{clock_, LogOptions{.target = LogOptions::Target::Nowhere}};
  PostingWriter postings_{store_};
  commit::CommitLayer commits_{store_, clock_, logger_, commit::CommitOptions{}};
  std::int32_t written_ = 0;
  std::vector<Position> positions_;  // of what was written, as far as a test wants to know
};

TEST_F(LogBlocksTest, ABlockIsReadOnceAndShared) {
  fill(40'000);
  LogBlocks blocks(store_, kPlenty);
  const LogBlockPtr first = blocks.take({{}, end(), 10'000});
  EXPECT_EQ(first->after(), Position());
  EXPECT_LE(first->total_bytes(), 10'000U);
  EXPECT_EQ(blocks.take({{}, end(), 30'000}), first);
  EXPECT_EQ(blocks.take({first->position(3), end(), 10'000}), first) << "it covers that too";
  EXPECT_EQ(blocks.take({first->position(4), end(), 10'000}, true), first) << "not another's";
  const LogBlockPtr second = blocks.take({first->through(), end(), 10'000});
  EXPECT_EQ(second->after(), first->through());
  EXPECT_EQ(store_.log_runs(), 2);
  const LogBlocksStats stats = blocks.stats();
  EXPECT_EQ(stats.loaded, 2U);
  EXPECT_EQ(stats.shared, 2U);
  EXPECT_EQ(stats.blocks, 2U);
}

TEST_F(LogBlocksTest, ReadersThatBeginElsewhereComeTogether) {
  fill(100'000);
  LogBlocks blocks(store_, kPlenty);
  const LogBlockPtr later = blocks.take({positions_[50], end(), 20'000});
  const LogBlockPtr all = blocks.take({{}, end(), kPlenty});
  EXPECT_EQ(all->through(), later->after()) << "read up to where the next block begins";
  EXPECT_EQ(blocks.take({all->through(), end(), 20'000}), later);
}

TEST_F(LogBlocksTest, TwoThatWantABlockAtOnceReadItOnce) {
  fill(40'000);
  for (const std::size_t bytes_max : {kPlenty, std::size_t{0}}) {
    LogBlocks blocks(store_, bytes_max);
    const int before = store_.log_runs();
    store_.hold_log_runs(true);
    LogBlockPtr theirs;
    std::thread other([&] { theirs = blocks.take({{}, end(), 20'000}); });
    while (store_.log_runs() == before)
      std::this_thread::yield();
    LogBlockPtr third;
    std::thread another([&] { third = blocks.take({{}, end(), 20'000}); });
    store_.hold_log_runs(false);
    const LogBlockPtr mine = blocks.take({{}, end(), 20'000});
    other.join();
    another.join();
    EXPECT_EQ(mine->bytes(0), theirs->bytes(0));
    if (bytes_max == 0) continue;  // who came late reads for itself
    EXPECT_EQ(mine, theirs);
    EXPECT_EQ(third, theirs);
    EXPECT_EQ(store_.log_runs(), before + 1);
  }
}

TEST_F(LogBlocksTest, AFailureIsToldAndForgotten) {
  fill(20'000);
  LogBlocks blocks(store_, kPlenty);
  store_.fail_log_run(1);
  EXPECT_THROW(static_cast<void>(blocks.take({{}, end(), 20'000})), Error);
  EXPECT_FALSE(blocks.take({{}, end(), 20'000})->empty());
  EXPECT_EQ(blocks.stats().loaded, 1U);
  // Nobody hears of one that was read ahead; who wants the block tries again.
  const Position behind = blocks.take({{}, end(), 20'000})->position(2);
  LogBlocks others(store_, kPlenty);
  const int before = store_.log_runs();
  store_.fail_log_run(1);
  others.read_ahead({behind, end(), 20'000});
  while (store_.log_runs() == before)
    std::this_thread::yield();
  EXPECT_FALSE(others.take({behind, end(), 20'000})->empty());
  EXPECT_EQ(others.stats().read_ahead, 0U);
}

TEST_F(LogBlocksTest, TheLeastRecentlyUsedGoFirstAndTheLimitHolds) {
  fill(1'000'000);
  constexpr std::size_t kLimit = 100'000;
  LogBlocks blocks(store_, kLimit);
  const LogBlockPtr first = blocks.take({{}, end(), 20'000});
  Position at = first->through();
  std::size_t taken = 1;
  while (at < end()) {
    at = blocks.take({at, end(), 20'000})->through();
    ++taken;
    EXPECT_EQ(blocks.take({{}, end(), 20'000}), first) << "used again and again, it stays";
    EXPECT_LE(blocks.stats().bytes, kLimit);
    EXPECT_GE(blocks.stats().blocks, std::min<std::size_t>(taken, 4)) << "and it is made use of";
  }
  EXPECT_EQ(blocks.stats().loaded, taken);
  static_cast<void>(blocks.take({first->through(), end(), 20'000}));
  EXPECT_EQ(blocks.stats().loaded, taken + 1) << "the second was dropped long ago";
}

TEST_F(LogBlocksTest, WhatDoesNotFitIsReadAndNotKept) {
  const Position before = insert("db.a", 1);
  const Position large = insert("db.a", 2, 200'000);
  insert("db.a", 3);
  LogBlocks blocks(store_, 100'000);
  const LogBlockPtr block = blocks.take({before, end(), 20'000});
  ASSERT_EQ(block->size(), 1U);
  EXPECT_EQ(block->position(0), large);
  EXPECT_EQ(blocks.stats().blocks, 0U);
  LogBlocks none(store_, 0);
  EXPECT_FALSE(none.take({{}, end(), 20'000})->empty());
  none.read_ahead({before, end(), 20'000});
  EXPECT_EQ(none.stats().blocks, 0U);
}

TEST_F(LogBlocksTest, AShortStretchAtTheEndIsNotKept) {
  insert("db.a", 1);
  LogBlocks blocks(store_, kPlenty);
  EXPECT_EQ(blocks.take({{}, end(), 20'000})->size(), 1U);
  insert("db.a", 2);
  EXPECT_EQ(blocks.take({{}, end(), 20'000})->size(), 2U);
  EXPECT_EQ(blocks.stats().blocks, 0U);
}

TEST_F(LogBlocksTest, TheBlockAheadIsThereWithoutHavingBeenAskedFor) {
  fill(2'000'000);
  for (const LogScope& scope : {LogScope::all(), LogScope::collection({"db", "a"})}) {
    LogBlocks blocks(store_, kPlenty);
    ReadPace pace;
    LogReader reader(blocks, pace, scope, positions_[0], end());
    std::vector<Found> found;
    const auto next = [&] {
      const auto entry = reader.next();
      if (entry) found.push_back({entry->position, number_of(entry->bytes)});
      return entry.has_value();
    };
    const auto read_block = [&] {
      const Position through = pace.through;
      while (next() && pace.through == through) {
      }
    };
    ASSERT_TRUE(next());
    read_block();  // the first entry of the second block, so it goes on
    wait_for_read_ahead(blocks, 1);
    EXPECT_EQ(blocks.stats().blocks, 3U) << "one block ahead and no more";
    read_block();
    EXPECT_EQ(blocks.stats().loaded, 2U) << "the third was there";
    EXPECT_EQ(blocks.stats().shared, 0U) << "and nobody else's";
    EXPECT_LE(pace.bytes, ReadPace::kBlockBytesMax);
    while (next()) {
    }
    EXPECT_EQ(found, expected(scope, positions_[0], end()));
    const LogBlocksStats stats = blocks.stats();
    EXPECT_LE(stats.loaded + stats.read_ahead, 2'100'000 / ReadPace::kBlockBytesMax * 2 + 4);
  }
}

TEST_F(LogBlocksTest, WhoReadsOneBlockHasNothingReadAhead) {
  fill(1'000'000);
  const int before = store_.log_runs();
  {
    LogBlocks blocks(store_, kPlenty);
    for (int i = 0; i < 10; ++i) {
      ReadPace pace;
      LogReader reader(blocks, pace, LogScope::all(), {}, end());
      EXPECT_TRUE(reader.next());
    }
  }
  EXPECT_EQ(store_.log_runs(), before + 1);
}

TEST_F(LogBlocksTest, AReaderInPortionsKeepsItsPace) {
  fill(2'000'000);
  LogBlocks blocks(store_, kPlenty);
  ReadPace pace;
  std::vector<Found> found;
  Position at;
  std::size_t bytes = 0;
  while (at < end()) {
    LogReader reader(blocks, pace, LogScope::all(), at, end());
    for (int i = 0; i < 7; ++i) {
      const auto entry = reader.next();
      at = entry ? entry->position : end();
      if (entry) found.push_back({entry->position, number_of(entry->bytes)});
    }
    EXPECT_GE(pace.bytes, bytes);
    bytes = pace.bytes;
  }
  EXPECT_EQ(bytes, ReadPace::kBlockBytesMax);
  EXPECT_EQ(found, expected(LogScope::all(), {}, end()));
  EXPECT_EQ(blocks.stats().shared, 0U) << "one reader shares with nobody";
  LogReader elsewhere(blocks, pace, LogScope::all(), {}, end());
  EXPECT_EQ(pace.bytes, 0U) << "who begins somewhere else begins small";
}

TEST_F(LogBlocksTest, WhoFindsItsBlockDroppedReadsSmallOnes) {
  fill(1'000'000);
  LogBlocks none(store_, 0);
  ReadPace pace;
  Position at;
  {
    LogReader reader(none, pace, LogScope::all(), {}, end());
    while (pace.bytes < ReadPace::kBlockBytesMax)
      at = reader.next()->position;
  }
  for (int i = 0; i < 20; ++i) {
    LogReader reader(none, pace, LogScope::all(), at, end());
    at = reader.next()->position;
    EXPECT_LE(reader.block()->total_bytes(), ReadPace::kFirstBytes);
    EXPECT_EQ(pace.bytes, ReadPace::kFirstBytes);
  }
}

TEST_F(LogBlocksTest, EndsWhileABlockIsReadAhead) {
  fill(100'000);
  for (int round = 0; round < 20; ++round) {
    const int before = store_.log_runs();
    store_.hold_log_runs(true);
    auto blocks = std::make_unique<LogBlocks>(store_, kPlenty);
    for (std::uint64_t i = 0; i < LogBlocks::kQueueMax * 2; ++i)
      blocks->read_ahead({positions_[i % positions_.size()], end(), 10'000});
    while (store_.log_runs() == before)
      std::this_thread::yield();
    std::thread release([&] { store_.hold_log_runs(false); });
    blocks.reset();
    release.join();
    EXPECT_LE(store_.log_runs(), before + 1 + static_cast<int>(LogBlocks::kQueueMax));
  }
}

/// Several readers of different scopes, in portions, over one small cache.
class LogBlocksProperty : public LogBlocksTest {
 protected:
  void write(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t number = ++written_;
      switch (random_.below(400)) {
        case 0:
          command("db", "drop", number);
          continue;
        case 1:
          command("other", "renameCollection", number);
          continue;
        case 2:
          commit(make_noop({}, bson::View()));
          continue;
        case 3:
          insert(busy_, number, 20'000 + random_.below(400'000));
          continue;
        case 4:
          busy_ = names_[random_.below(names_.size())];
          break;
        default:
          break;
      }
      const bool stray = random_.below(50) == 0;
      const std::string& name = stray ? names_[random_.below(names_.size())] : busy_;
      positions_.push_back(insert(name, number, random_.below(200)));
    }
  }
  LogScope any_scope() {
    switch (random_.below(4)) {
      case 0:
        return LogScope::all();
      case 1:
        return LogScope::database(random_.below(2) == 0 ? "db" : "d");
      default:
        break;
    }
    const std::string& name = names_[random_.below(names_.size())];
    const std::size_t dot = name.find('.');
    return LogScope::collection({name.substr(0, dot), name.substr(dot + 1)});
  }

  Position any_position() { return positions_[random_.below(positions_.size())]; }

  SeededRandom random_{11};
  const std::vector<std::string> names_ = {"db.a", "db.a.b", "db.b", "d.a", "dbb.a", "other.a"};
  std::string busy_ = "db.a";
};

TEST_F(LogBlocksProperty, ReadingInBlocksIsReadingTheLog) {
  struct Reading {
    LogScope scope;
    Position after;
    Position at;
    ReadPace pace;
    std::vector<Found> found;
  };
  write(4'000);
  for (const std::size_t bytes_max : {std::size_t{0}, std::size_t{200'000}, kPlenty}) {
    LogBlocks blocks(store_, bytes_max);
    std::vector<Reading> readings(12);
    for (Reading& reading : readings) {
      reading.scope = any_scope();
      reading.after = random_.below(2) == 0 ? Position() : any_position();
      reading.at = reading.after;
    }
    for (int step = 0; step < 600; ++step) {
      if (step % 100 == 0) write(200);
      Reading& reading = readings[random_.below(readings.size())];
      const Position up_to = random_.below(4) == 0 ? std::max(any_position(), reading.at) : end();
      LogReader reader(blocks, reading.pace, reading.scope, reading.at, up_to);
      std::size_t left = random_.below(400);
      while (left > 0 && !reader.at_end()) {
        const auto entry = reader.next(1 + random_.below(50));
        if (!entry) continue;
        reading.found.push_back({entry->position, number_of(entry->bytes)});
        EXPECT_LE(entry->position, up_to);
        --left;
      }
      reading.at = std::max(reading.at, reader.evaluated());
      EXPECT_LE(blocks.stats().bytes, bytes_max);
    }
    for (const Reading& reading : readings)
      EXPECT_EQ(reading.found, expected(reading.scope, reading.after, reading.at));
    if (bytes_max == kPlenty) {
      EXPECT_GT(blocks.stats().shared, 0U);
    }
  }
}

TEST_F(LogBlocksTest, ReadersBesideAWriterAndCutsMissNothingAboveTheCut) {
  constexpr std::int32_t kEntries = 6'000;
  constexpr std::size_t kReaders = 3;
  LogBlocks blocks(store_, 150'000);
  std::array<std::atomic<std::uint64_t>, kReaders> reached{};
  std::atomic<std::size_t> done{0};
  std::thread writer([&] {
    for (std::int32_t i = 1; i <= kEntries; ++i)
      insert("db.a", i, i % 97 == 0 ? 30'000 : 50);
  });
  const auto read_all = [&](std::size_t r) {
    const LogScope scope = r == 0 ? LogScope::all() : LogScope::collection({"db", "a"});
    ReadPace pace;
    std::int32_t last = 0;
    Position at;
    while (last < kEntries) {
      const Position up_to = end();
      if (up_to <= at) {
        std::this_thread::yield();
        continue;
      }
      LogReader reader(blocks, pace, scope, at, up_to);
      while (const auto entry = reader.next()) {
        EXPECT_EQ(number_of(entry->bytes), last + 1);
        last = number_of(entry->bytes);
        at = entry->position;
        if (static_cast<std::size_t>(last) % 500 == r) break;
      }
      reached[r] = at.value();
    }
    ++done;
  };
  std::vector<std::thread> readers;
  for (std::size_t r = 0; r < kReaders; ++r)
    readers.emplace_back(read_all, r);
  while (done < kReaders) {
    std::uint64_t lowest = reached[0];
    for (const auto& position : reached)
      lowest = std::min(lowest, position.load());
    if (lowest > 0) store_.truncate_log_before(Position(lowest + 1));
    std::this_thread::yield();
  }
  writer.join();
  for (std::thread& reader : readers)
    reader.join();
  EXPECT_LE(blocks.stats().bytes, 150'000U);
}

}  // namespace
}  // namespace freshet::oplog
