// SPDX-License-Identifier: Apache-2.0
#include "oplog/apply_ops.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "bson/builder.h"
#include "bson/validate.h"
#include "oplog/postings.h"
#include "oplog/reader.h"
#include "storage/commit/commit_layer.h"
#include "storage/memory/memory_store.h"

namespace freshet::oplog {
namespace {

using storage::Position;

class ApplyOpsTest : public ::testing::Test {
 protected:
  ApplyOpsTest() {
    lsid_.id = model::Uuid::generate(random_);
    uuid_ = model::Uuid::generate(random_);
    commits_.set_group_observer(&postings_);
  }

  static std::string document(std::int32_t id, std::size_t bytes) {
    bson::Builder out;
    out.add("_id", id).add("text", std::string(bytes, 'x'));
    return out.take();
  }
  commit::PendingEntry insert(std::string_view ns, std::int32_t id, std::size_t bytes = 10) const {
    const std::string o = document(id, bytes);
    return make_insert({.wall_ms = 5}, {ns, uuid_}, bson::View(o));
  }
  static std::vector<commit::PendingEntry> one(commit::PendingEntry entry) {
    std::vector<commit::PendingEntry> out;
    out.push_back(std::move(entry));
    return out;
  }
  EntryContext context() const {
    return {.term = 4, .wall_ms = 77, .lsid = &lsid_, .txn_number = 9};
  }
  /// The entries as the log has them.
  std::vector<storage::LogRecord> commit(std::vector<commit::PendingEntry> entries) {
    const Position before = commits_.applied();
    commit::Transaction transaction = commits_.begin();
    for (commit::PendingEntry& entry : entries)
      transaction.append(std::move(entry));
    EXPECT_EQ(commits_.commit(std::move(transaction)).status, commit::CommitStatus::Committed);
    std::vector<storage::LogRecord> records;
    const auto cursor = store_.read_log(before);
    while (auto record = cursor->next())
      records.push_back(std::move(*record));
    return records;
  }
  std::size_t found(LogScope scope, Position after) {
    ReadPace pace;
    LogReader reader(blocks_, pace, std::move(scope), after, commits_.applied());
    std::size_t count = 0;
    while (reader.next())
      ++count;
    return count;
  }

  SeededRandom random_{1};
  model::SessionId lsid_;
  model::Uuid uuid_;
  memory::MemoryStore store_;
  LogBlocks blocks_{store_, std::size_t{1} << 20};
  ManualClock clock_;
  Logger logger_{clock_, LogOptions{.target = LogOptions::Target::Nowhere}};
  PostingWriter postings_{store_};
  commit::CommitLayer commits_{store_, clock_, logger_, commit::CommitOptions{}};
};

TEST_F(ApplyOpsTest, SmallTransactionsAreOneEntry) {
  std::vector<commit::PendingEntry> operations;
  operations.push_back(insert("d.a", 1));
  operations.push_back(insert("d.b", 2));
  const auto records = commit(make_apply_ops(context(), std::move(operations)));
  ASSERT_EQ(records.size(), 1U);
  ASSERT_TRUE(bson::validate(records[0].bytes));
  const EntryView entry = EntryView::parse(records[0].bytes);
  ASSERT_TRUE(is_apply_ops(entry));
  EXPECT_TRUE(ends_transaction(entry));
  EXPECT_EQ(entry.ns, "admin.$cmd");
  EXPECT_EQ(entry.txn_number, 9);
  EXPECT_EQ(entry.o.count(), 1U);
  const bson::View previous = entry.document["prevOpTime"].as_document();
  EXPECT_EQ(previous["ts"].as_timestamp().value(), 0U);
  EXPECT_EQ(previous["t"].as_int64(), -1);

  OperationReader reader(entry);
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->ns, "d.a");
  EXPECT_EQ(first->time, records[0].position);
  EXPECT_EQ(first->wall_ms, 77);
  EXPECT_EQ(first->txn_number, 9);
  EXPECT_EQ(first->uuid(), uuid_);
  EXPECT_EQ(first->document_id().as_int32(), 1);
  std::string fields;
  for (const bson::Element& field : first->document)
    fields += std::string(field.name()) + ' ';
  EXPECT_EQ(fields, "op ns ui o ");
  EXPECT_EQ(reader.next()->ns, "d.b");
  EXPECT_FALSE(reader.next());
}

TEST_F(ApplyOpsTest, LargeOnesAreAChainBelowTheLimit) {
  constexpr std::size_t kMax = 2'000;
  std::vector<commit::PendingEntry> operations;
  for (std::int32_t i = 0; i < 50; ++i)
    operations.push_back(insert(i % 2 == 0 ? "d.a" : "d.b", i, 300));
  operations.push_back(insert("d.c", 50, 5'000));  // larger than a link by itself
  const auto records = commit(make_apply_ops(context(), std::move(operations), kMax));
  ASSERT_GT(records.size(), 5U);
  std::int32_t next = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const EntryView entry = EntryView::parse(records[i].bytes);
    const bool last = i + 1 == records.size();
    EXPECT_EQ(ends_transaction(entry), last);
    EXPECT_EQ(entry.o["count"].is_number(), last);
    if (!last) {
      EXPECT_LE((*entry.o.begin()).as_document().size_bytes(), kMax);
    }
    const std::uint64_t expected = i == 0 ? 0 : records[i - 1].position.value();
    EXPECT_EQ(entry.document["prevOpTime"].as_document()["ts"].as_timestamp().value(), expected);
    OperationReader reader(entry);
    while (const auto operation = reader.next())
      EXPECT_EQ(operation->document_id().as_int32(), next++);
  }
  EXPECT_EQ(next, 51);
  const EntryView last = EntryView::parse(records.back().bytes);
  EXPECT_EQ(last.o["count"].as_int64(), 51);
  EXPECT_EQ(touched_namespaces(last), (std::vector<std::string_view>{"d.a", "d.b", "d.c"}));
}

TEST_F(ApplyOpsTest, PostingsLeadOnlyThoseToItWhomItConcerns) {
  for (int i = 0; i < 3'000; ++i)
    commit(one(insert("x.y", i)));
  const Position start = commits_.applied();
  for (int i = 0; i < 200; ++i) {
    std::vector<commit::PendingEntry> operations;
    for (int k = 0; k < 20; ++k)
      operations.push_back(insert(i == 100 && k == 7 ? "q.quiet" : "d.busy", k, 100));
    commit(make_apply_ops(context(), std::move(operations), 800));
  }
  // The link with the operation and the last link of its transaction, beside what shares a block.
  EXPECT_GE(found(LogScope::collection({"q", "quiet"}), start), 2U);
  EXPECT_EQ(found(LogScope::collection({"x", "z"}), start), 0U);
}

TEST_F(ApplyOpsTest, OtherEntriesStandForThemselves) {
  const auto records = commit(one(insert("d.a", 1)));
  const EntryView entry = EntryView::parse(records[0].bytes);
  EXPECT_FALSE(is_apply_ops(entry));
  OperationReader reader(entry);
  EXPECT_EQ(reader.next()->ns, "d.a");
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(touched_namespaces(entry).empty());
}

}  // namespace
}  // namespace freshet::oplog
