// SPDX-License-Identifier: Apache-2.0
// Many writers, index builds, drops and checkpoints at once: nothing is lost, nothing is twice.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "bson/builder.h"
#include "bson/value.h"
#include "collection/testing.h"

namespace freshet::collection {
namespace {

class ConcurrencyTest : public DataTest {
 protected:
  static std::string document(std::int32_t id, std::uint64_t chance) {
    bson::Builder out;
    out.add("_id", id).add("n", static_cast<std::int32_t>(chance % 7));
    out.open_array("tags");
    for (std::uint64_t i = 0; i < chance % 4; ++i)
      out.push(static_cast<std::int32_t>(i));
    out.close();
    return out.take();
  }

  /// One write of document `id`, again until it is done: gives how the count changed.
  int write_once(std::int32_t id, std::uint64_t chance) {
    const std::string after = document(id, chance);
    for (;;) {
      data().ddl().ensure_collection(ns());
      WriteUnit unit = data().begin();
      const catalog::CollectionPtr held = unit.catalog().find(ns());
      if (held == nullptr) continue;
      Writer writer(unit, held, data().write_context());
      const auto record = find_by_id(unit.transaction(), *held, bson::View(after)["_id"]);
      WriteStatus status = WriteStatus::Done;
      int change = 0;
      if (!record) {
        status = writer.insert(bson::View(after)).status;
        change = 1;
      } else {
        const auto before = get_document(unit.transaction(), store_, *held, *record).value();
        if (chance % 5 == 0) {
          status = writer.remove(*record, bson::View(before)).status;
          change = -1;
        } else {
          query::UpdateOutcome outcome;
          outcome.changed = true;
          outcome.document = after;
          outcome.log_object = after;
          outcome.is_replacement = true;
          status = writer.update(*record, bson::View(before), outcome).status;
        }
      }
      if (status != WriteStatus::Done) {
        std::this_thread::yield();
        continue;
      }
      const commit::CommitResult result = unit.commit();
      if (result.status == commit::CommitStatus::Committed) return change;
      EXPECT_EQ(result.status, commit::CommitStatus::StaleCatalog);
    }
  }
};

TEST_F(ConcurrencyTest, WritersAndIndexBuilds) {
  data().ddl().ensure_collection(ns());
  constexpr int kWriters = 4;
  constexpr int kWrites = 400;
  std::atomic<int> expected{0};
  std::atomic<int> running{kWriters};
  std::vector<std::thread> threads;
  for (int t = 0; t < kWriters; ++t) {
    threads.emplace_back([this, t, &expected, &running] {
      SeededRandom chance(static_cast<std::uint64_t>(t) + 1);
      for (int i = 0; i < kWrites; ++i) {
        expected += write_once(static_cast<std::int32_t>(chance.below(150)), chance.next());
      }
      --running;
    });
  }
  std::thread ddl([this, &running] {
    do {
      index(R"({"key": {"n": 1, "tags": -1}, "name": "nt"})");
      data().checkpoint();
      index(R"({"key": {"tags": 1}, "name": "t"})");
      static_cast<void>(data().ddl().drop_indexes(ns(), bson::Value::string("nt")));
      data().ddl().reclaim(store_, data().commits().applied());
    } while (running > 0);
    index(R"({"key": {"n": 1, "tags": -1}, "name": "nt"})");
  });
  for (std::thread& thread : threads)
    thread.join();
  ddl.join();
  EXPECT_EQ(static_cast<int>(documents().size()), expected.load());
  EXPECT_EQ(collection()->indexes.size(), 3U);
  expect_consistent();
  reopen();
  expect_consistent();
}

TEST_F(ConcurrencyTest, CappedInsertsKeepCommitOrder) {
  const std::string options = bson_of(R"({"capped": true, "size": 1000000, "max": 50})");
  data().ddl().create_collection(ns(), bson::View(options));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string bytes = document(t * 1'000 + i, 0);
        for (;;) {
          WriteUnit unit = data().begin();
          Writer writer(unit, unit.catalog().find(ns()), data().write_context());
          if (writer.insert(bson::View(bytes)).done() &&
              unit.commit().status == commit::CommitStatus::Committed) {
            break;
          }
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  std::vector<std::int32_t> logged;
  for (const std::string& bytes : log()) {
    const auto entry = oplog::EntryView::parse(bytes);
    if (entry.kind == oplog::OpKind::Insert) logged.push_back(entry.document_id().as_int32());
  }
  ASSERT_EQ(logged.size(), 300U);
  std::vector<std::int32_t> natural;
  const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
  RecordCursor cursor(*snapshot, store_, *collection());
  for (; cursor.valid(); cursor.next())
    natural.push_back(cursor.document()["_id"].as_int32());
  EXPECT_EQ(natural, std::vector<std::int32_t>(logged.end() - 50, logged.end()));
  expect_consistent();
}

}  // namespace
}  // namespace freshet::collection
