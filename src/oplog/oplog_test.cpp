// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "bson/builder.h"
#include "bson/validate.h"
#include "oplog/entry.h"
#include "oplog/log_blocks.h"
#include "oplog/log_scan.h"
#include "oplog/postings.h"
#include "oplog/reader.h"
#include "oplog/retention.h"
#include "storage/commit/commit_layer.h"
#include "storage/memory/memory_store.h"

namespace freshet::oplog {
namespace {

using storage::Position;

class OplogTest : public ::testing::Test {
 protected:
  OplogTest() { commits_.set_group_observer(&postings_); }

  static std::string document(std::int32_t id) {
    bson::Builder out;
    out.add("_id", id);
    return out.take();
  }
  Position commit(commit::PendingEntry entry) {
    commit::Transaction transaction = commits_.begin();
    transaction.append(std::move(entry));
    const commit::CommitResult result = commits_.commit(std::move(transaction));
    EXPECT_EQ(result.status, commit::CommitStatus::Committed);
    return result.position;
  }
  Position insert(std::string_view ns, std::int32_t id) {
    const std::string bytes = document(id);
    return commit(make_insert({.wall_ms = 5}, {ns, model::Uuid()}, bson::View(bytes)));
  }
  Position command(std::string_view db, std::string_view name) {
    bson::Builder o;
    o.add(name, "x");
    const std::string bytes = o.take();
    return commit(make_command({}, db, std::nullopt, bson::View(bytes)));
  }
  std::vector<Position> read(LogScope scope, Position after, Position up_to) {
    ReadPace pace;
    LogReader reader(blocks_, pace, std::move(scope), after, up_to);
    std::vector<Position> positions;
    while (const auto record = reader.next())
      positions.push_back(record->position);
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(reader.evaluated(), up_to);
    return positions;
  }

  memory::MemoryStore store_;
  LogBlocks blocks_{store_, std::size_t{1} << 20};
  ManualClock clock_;
  Logger logger_{clock_, LogOptions{.target = LogOptions::Target::Nowhere}};
  PostingWriter postings_{store_};
  commit::CommitLayer commits_{store_, clock_, logger_, commit::CommitOptions{}};
};

TEST_F(OplogTest, EntriesAreBsonWithAFixedHead) {
  model::SessionId lsid;
  SeededRandom random(1);
  lsid.id = model::Uuid::generate(random);
  lsid.uid = std::string(32, 'u');
  const model::Uuid uuid = model::Uuid::generate(random);
  const std::string before = document(1);
  const bson::View pre(before);
  bson::Builder delta;
  delta.add("$v", std::int32_t{2}).open_document("diff").close();
  const std::string o = delta.take();
  const EntryContext context{
      .term = 3, .wall_ms = 1'234, .lsid = &lsid, .txn_number = 9, .stmt_id = 2};
  const std::string bytes =
      make_update(context, {"db.some.coll", uuid}, bson::View(o), pre["_id"], -7, &pre).bytes;
  const auto valid = bson::validate(bytes);
  ASSERT_TRUE(valid) << valid.problem;
  EXPECT_EQ(valid.size, bytes.size());
  EXPECT_EQ(entry_ns(bytes), "db.some.coll");
  EXPECT_EQ(entry_kind(bytes), OpKind::Update);
  const EntryView entry = EntryView::parse(bytes);
  EXPECT_EQ(entry.kind, OpKind::Update);
  EXPECT_EQ(entry.term, 3);
  EXPECT_EQ(entry.db(), "db");
  EXPECT_EQ(entry.coll(), "some.coll");
  EXPECT_EQ(entry.uuid(), uuid);
  EXPECT_EQ(entry.document_id().as_int32(), 1);
  EXPECT_FALSE(entry.is_replacement());
  EXPECT_EQ(entry.wall_ms, 1'234);
  EXPECT_EQ(entry.txn_number, 9);
  EXPECT_EQ(entry.stmt_id, 2);
  EXPECT_EQ(entry.bytes, -7);
  EXPECT_EQ(model::SessionId::parse(entry.lsid.as_document()), lsid);
  EXPECT_EQ(entry.pre.raw(), before);
  std::string order;
  for (const bson::Element& field : entry.document)
    order += std::string(field.name()) + ' ';
  EXPECT_EQ(order, "ts t v op ns ui o o2 wall lsid txnNumber stmtId pre bytes ");
}

TEST_F(OplogTest, ReadersSeeTheirScope) {
  const Position a1 = insert("db.a", 1);
  const Position b1 = insert("db.b", 1);
  const Position c1 = insert("other.a", 1);
  const Position drop = command("db", "drop");
  commit(make_noop({}, bson::View()));
  const Position rename = command("other", "renameCollection");
  const Position other = command("other", "drop");
  const Position end = commits_.applied();
  using V = std::vector<Position>;
  EXPECT_EQ(read(LogScope::all(), {}, end), (V{a1, b1, c1, drop, rename, other}));
  EXPECT_EQ(read(LogScope::database("db"), {}, end), (V{a1, b1, drop, rename}));
  EXPECT_EQ(read(LogScope::collection({"db", "a"}), {}, end), (V{a1, drop, rename}));
  EXPECT_EQ(read(LogScope::collection({"db", "a"}), a1, end), (V{drop, rename}));
  EXPECT_EQ(read(LogScope::database("db"), {}, b1), (V{a1, b1}));
  EXPECT_EQ(read(LogScope::database("none"), {}, end), (V{rename}));
}

TEST_F(OplogTest, ReadersGoOnWhenTheBoundMoves) {
  for (const LogScope& scope : {LogScope::all(), LogScope::collection({"db", "a"})}) {
    const Position start = commits_.applied();
    const Position first = insert("db.a", 1);
    const Position second = insert("db.a", 2);
    ReadPace pace;
    LogReader reader(blocks_, pace, scope, start, first);
    EXPECT_EQ(reader.next()->position, first);
    EXPECT_FALSE(reader.next());
    reader.set_up_to(second);
    EXPECT_EQ(reader.next()->position, second);
    EXPECT_FALSE(reader.next());
    const Position between = insert("db.b", 1);
    const Position third = insert("db.a", 3);
    reader.set_up_to(third);
    if (scope.kind == LogScope::Kind::All) {
      EXPECT_EQ(reader.next()->position, between);
    }
    EXPECT_EQ(reader.next()->position, third);
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.evaluated(), third);
  }
}

TEST_F(OplogTest, PostingsLeadPastWhatOthersWrote) {
  std::vector<Position> quiet;
  std::vector<Position> all;
  SeededRandom random(7);
  const std::size_t others = PostingWriter::kBlockEntries * 3;
  for (int round = 0; round < 4; ++round) {
    quiet.push_back(insert("db.quiet", round));
    all.push_back(quiet.back());
    for (std::size_t i = 0; i < others; ++i) {
      all.push_back(insert("db.busy", static_cast<std::int32_t>(i)));
    }
    if (round == 1) postings_.refused();  // begins another segment
  }
  const Position end = commits_.applied();
  EXPECT_EQ(read(LogScope::collection({"db", "quiet"}), {}, end), quiet);
  EXPECT_EQ(read(LogScope::collection({"db", "none"}), {}, end), std::vector<Position>());
  EXPECT_EQ(read(LogScope::database("db"), {}, end), all);
  for (int i = 0; i < 50; ++i) {
    const Position after = all[random.below(all.size())];
    std::vector<Position> rest;
    for (const Position p : quiet) {
      if (p > after) rest.push_back(p);
    }
    EXPECT_EQ(read(LogScope::collection({"db", "quiet"}), after, end), rest);
  }
  // It looks at its own blocks only.
  ReadPace pace;
  LogReader reader(blocks_, pace, LogScope::collection({"db", "quiet"}), {}, end);
  std::size_t calls = 0;
  while (!reader.at_end()) {
    static_cast<void>(reader.next(1));
    ++calls;
  }
  EXPECT_LT(calls, 5 * PostingWriter::kBlockEntries);
}

TEST_F(OplogTest, ScansWalkBothWays) {
  std::vector<Position> written;
  for (int i = 0; i < 5; ++i)
    written.push_back(insert("db.a", i));
  const auto key = [](Position p) {
    std::string bytes;
    append_be64(bytes, p.value());
    return bytes;
  };
  LogScan forward(store_, {key(written[1]), key(written[4])}, written[4],
                  storage::Direction::Forward);
  EXPECT_EQ(forward.key(), key(written[1]));
  forward.seek(key(written[3]));
  EXPECT_EQ(forward.key(), key(written[3]));
  forward.next();
  EXPECT_FALSE(forward.valid());
  LogScan backward(store_, {}, written[3], storage::Direction::Backward);
  EXPECT_EQ(backward.key(), key(written[3]));
  backward.seek(key(Position(written[2].value())));
  EXPECT_EQ(backward.key(), key(written[2]));
  backward.seek(key(Position(1)));
  EXPECT_FALSE(backward.valid());
  EXPECT_EQ(entry_ns(*entry_at(store_, written[2])), "db.a");
  EXPECT_FALSE(entry_at(store_, Position(written[4].value() + 1)));
}

class RetentionTest : public OplogTest {
 protected:
  void settle() {
    commits_.request_flush(commits_.applied());
    while (commits_.visible() < commits_.applied()) {
    }
  }
  std::size_t entries() {
    std::size_t count = 0;
    const auto cursor = store_.read_log({});
    while (cursor->next())
      ++count;
    return count;
  }
  RetentionBounds bounds() {
    return {.recovery = {},
            .streams = [this] { return needed_; },
            .minimum_age = [this] { return minimum_; },
            .totals = [this] { return postings_.totals(); }};
  }
  Position needed_ = Position::max();
  MinimumAge minimum_;
};

TEST_F(RetentionTest, DropsByAgeInRunningTime) {
  Retention retention(store_, commits_, clock_, {.history_ms = 10'000}, bounds());
  std::vector<Position> written;
  for (int i = 0; i < 30; ++i) {
    written.push_back(insert("db.a", i));
    settle();
    retention.enforce();
    clock_.advance(Milliseconds(1'000));
  }
  retention.enforce();
  retention.enforce();  // what was announced is cut
  const Position dropped = retention.last_dropped();
  EXPECT_GE(dropped, written[17]);
  EXPECT_LE(dropped, written[20]);
  EXPECT_GT(store_.first_log_position().value(), dropped);
  // A wall clock that jumps ages nothing.
  clock_.set_wall_ms(clock_.wall_ms() + 86'400'000);
  retention.enforce();
  EXPECT_EQ(retention.last_dropped(), dropped);
  // A restart remembers, and does not age what was not running.
  Retention again(store_, commits_, clock_, {.history_ms = 10'000}, bounds());
  EXPECT_EQ(again.last_dropped(), dropped);
}

TEST_F(RetentionTest, KeepsWhatIsNeeded) {
  Retention retention(store_, commits_, clock_, {.history_ms = 1'000}, bounds());
  std::vector<Position> written;
  for (int i = 0; i < 10; ++i)
    written.push_back(insert("db.a", i));
  settle();
  retention.enforce();
  needed_ = written[3];
  clock_.advance(Milliseconds(100'000));
  retention.enforce();
  retention.enforce();
  EXPECT_EQ(retention.last_dropped(), written[3]);
  EXPECT_EQ(entries(), 6U);
  needed_ = Position::max();
  retention.enforce();
  retention.enforce();
  EXPECT_EQ(entries(), 1U);  // the end of the log stays
  EXPECT_EQ(retention.last_dropped(), written[8]);
}

TEST_F(RetentionTest, DropsBySize) {
  Retention retention(store_, commits_, clock_, {}, bounds());
  for (int i = 0; i < 100; ++i)
    insert("db.a", i);
  settle();
  retention.enforce();
  EXPECT_EQ(retention.last_dropped(), Position());
  const std::uint64_t half = postings_.totals().bytes / 2;
  retention.set_options({.history_bytes = half});
  retention.enforce();
  retention.enforce();
  EXPECT_LE(entries(), 51U);
  EXPECT_GE(entries(), 49U);
}

TEST_F(RetentionTest, AMinimumAgeOutweighsSizeAndAge) {
  Retention retention(store_, commits_, clock_, {.history_ms = 5'000, .history_bytes = 1},
                      bounds());
  minimum_ = {.ms = 20'000, .ns = "db.a"};
  std::vector<Position> written;
  for (int i = 0; i < 30; ++i) {
    written.push_back(insert("db.a", i));
    settle();
    retention.enforce();
    clock_.advance(Milliseconds(1'000));
  }
  EXPECT_LE(retention.last_dropped(), written[10]);
  EXPECT_GE(retention.last_dropped(), written[7]);
  const History history = retention.history();
  EXPECT_EQ(history.minimum_age.ns, "db.a");
  EXPECT_GT(history.minimum_age_bytes, history.held.bytes * 8 / 10);
  EXPECT_GT(retention.ms_to_loss(written[20]), 10'000);
  minimum_ = {};
  EXPECT_EQ(retention.ms_to_loss(written[20]), 0);
  retention.enforce();
  retention.enforce();
  EXPECT_EQ(entries(), 1U);
}

TEST_F(RetentionTest, StreamsHoldTheLogWithinALimit) {
  for (int i = 0; i < 100; ++i)
    insert("db.a", i);
  settle();
  const std::uint64_t each = postings_.totals().bytes / 100;
  Retention retention(store_, commits_, clock_,
                      {.history_bytes = 10 * each, .hold_bytes_max = 20 * each}, bounds());
  needed_ = Position(1);
  retention.enforce();
  retention.enforce();
  EXPECT_LE(entries(), 32U);
  EXPECT_GE(entries(), 29U);
  EXPECT_LE(retention.history().streams_bytes, 20 * each);
  EXPECT_GE(retention.history().streams_bytes, 18 * each);
}

TEST_F(RetentionTest, TellsTheWindowAndTheTimeLeft) {
  Retention retention(store_, commits_, clock_, {.history_ms = 10'000}, bounds());
  const Position first = insert("db.a", 1);
  settle();
  retention.enforce();
  EXPECT_EQ(retention.history().first, first);
  EXPECT_EQ(retention.history().held, postings_.totals());
  EXPECT_EQ(retention.ms_to_loss(first), std::nullopt) << "nothing lies behind it";
  EXPECT_EQ(retention.ms_to_loss(Position(first.value() - 1)), 10'000);
  clock_.advance(Milliseconds(4'000));
  EXPECT_EQ(retention.ms_to_loss(Position(first.value() - 1)), 6'000);
  insert("db.a", 2);
  settle();
  EXPECT_EQ(retention.ms_to_loss(first), 10'000);
}

TEST_F(RetentionTest, TheTimeLeftFollowsTheGrowthOfTheLog) {
  Retention retention(store_, commits_, clock_, {}, bounds());
  std::vector<Position> written;
  for (int i = 0; i < 100; ++i) {
    written.push_back(insert("db.a", i));
    settle();
    retention.enforce();
    clock_.advance(Milliseconds(60'000));
  }
  const std::uint64_t each = postings_.totals().bytes / 100;
  retention.set_options({.history_bytes = 150 * each});
  const auto left = retention.ms_to_loss(written[49]);  // 50 lie behind it, 100 more may come
  ASSERT_TRUE(left);
  EXPECT_NEAR(static_cast<double>(*left), 100 * 60'000.0, 15 * 60'000.0);
}

TEST_F(RetentionTest, TotalsAreExactAcrossBlocksCutsAndRestarts) {
  std::vector<Position> written;
  std::vector<LogTotals> totals;
  Retention retention(store_, commits_, clock_, {}, bounds());
  const auto check = [&] {
    for (std::size_t i = 0; i < written.size(); i += 97) {
      if (written[i] < retention.last_dropped()) continue;
      EXPECT_EQ(totals_up_to(store_, written[i]), totals[i]) << i;
      EXPECT_EQ(position_at_bytes(store_, totals[i].bytes + 1),
                i + 1 < written.size() ? std::optional(written[i + 1]) : std::nullopt);
    }
    EXPECT_EQ(PostingWriter(store_).totals(), postings_.totals()) << "as a restart counts it";
  };
  for (std::size_t i = 0; i < 3 * PostingWriter::kBlockEntries; ++i) {
    written.push_back(insert("db.a", static_cast<int>(i)));
    totals.push_back(postings_.totals());
  }
  settle();
  check();
  for (const std::size_t share : {3U, 10U, 30U}) {
    retention.set_options({.history_bytes = postings_.totals().bytes / share});
    retention.enforce();
    check();
    retention.enforce();
    check();
  }
}

}  // namespace
}  // namespace freshet::oplog
