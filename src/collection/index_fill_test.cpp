// SPDX-License-Identifier: Apache-2.0
// Building indexes while others write: whatever they do, the index is whole or gone, and no write
// fails because of it.
#include "collection/index_fill.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "bson/value.h"
#include "collection/testing.h"
#include "collection/unique_conversion.h"

namespace freshet::collection {
namespace {

constexpr auto kPlain = R"({"key": {"a": 1}, "name": "wanted"})";
constexpr auto kUnique = R"({"key": {"a": 1}, "name": "wanted", "unique": true})";
constexpr auto kHashed = R"({"key": {"a": "hashed"}, "name": "wanted"})";

class IndexFillTest : public DataTest {
 protected:
  IndexFillTest() { data().ddl().ensure_collection(ns()); }

  std::unique_ptr<IndexFill> start(std::string_view spec_json) {
    const std::string spec = bson_of(spec_json);
    return std::make_unique<IndexFill>(data(), data().ddl().start_build(ns(), {bson::View(spec)}));
  }
  void run(IndexFill& fill) {
    while (fill.step(op_) != IndexFill::Step::Done) {
    }
  }
  ErrorCode end_of(std::unique_ptr<IndexFill> fill) {
    return code_of([&] { run(*fill); });
  }
  /// What is published under the name, building or not.
  catalog::IndexPtr wanted() {
    const catalog::CollectionPtr now = collection();
    for (const catalog::IndexPtr& each : now->indexes) {
      if (each->name == "wanted") return each;
    }
    return nullptr;
  }
  bool is_ready() { return wanted() != nullptr && wanted()->ready(); }
  WriteUnit begin_insert(std::string_view json) {
    const std::string given = bson_of(json);
    WriteUnit unit = data().begin();
    Writer writer(unit, unit.catalog().find(ns()), data().write_context());
    EXPECT_TRUE(writer.insert(bson::View(given)).done());
    return unit;
  }

  bool there(std::uint64_t id, std::string_view full) {
    const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
    return find_by_id(*snapshot, *collection(full),
                      bson::Value::int64(static_cast<std::int64_t>(id)))
        .has_value();
  }

  Operation op_{clock_, 1, std::make_shared<ClientInfo>()};
};

TEST_F(IndexFillTest, WritesWhileItFillsAreInIt) {
  for (int i = 0; i < 600; ++i)
    ASSERT_TRUE(
        insert(R"({"_id": )" + std::to_string(i) + R"(, "a": )" + std::to_string(i) + "}").done());
  auto fill = start(kPlain);
  EXPECT_FALSE(is_ready());
  ASSERT_EQ(fill->step(op_), IndexFill::Step::More);
  EXPECT_STREQ(op_.progress().what, "Index Build: scanning collection");
  EXPECT_EQ(op_.progress().total, 600);
  ASSERT_TRUE(insert(R"({"_id": 1000, "a": "new"})").done());
  ASSERT_TRUE(update("5", R"({"$set": {"a": "filled before"}})").done());
  ASSERT_TRUE(update("500", R"({"$set": {"a": "not filled yet"}})").done());
  ASSERT_TRUE(remove("6").done());
  ASSERT_TRUE(remove("501").done());
  run(*fill);
  EXPECT_EQ(op_.progress().what, nullptr);
  EXPECT_TRUE(is_ready());
  expect_consistent();
  reopen();
  EXPECT_TRUE(is_ready());
  expect_consistent();
}

TEST_F(IndexFillTest, ADuplicateWrittenMeanwhileStandsAndEndsTheBuild) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  auto fill = start(kUnique);
  ASSERT_EQ(fill->step(op_), IndexFill::Step::More);
  ASSERT_TRUE(insert(R"({"_id": 2, "a": 1})").done());
  ASSERT_TRUE(insert(R"({"_id": 3, "a": 1})").done());
  try {
    run(*fill);
    FAIL() << "the index cannot be";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::DuplicateKey);
    EXPECT_EQ(bson::View(error.extra())["keyValue"].as_document()["a"].as_int32(), 1);
  }
  fill.reset();
  EXPECT_EQ(wanted(), nullptr);
  EXPECT_EQ(documents().size(), 3U);
  expect_consistent();
  EXPECT_EQ(code_of([&] { (void)index(kUnique); }), ErrorCode::DuplicateKey);
  ASSERT_TRUE(remove("1").done());
  ASSERT_TRUE(remove("2").done());
  EXPECT_EQ(code_of([&] { (void)index(kUnique); }), ErrorCode::OK);
}

TEST_F(IndexFillTest, WhatWasNotCommittedEndsNothing) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  auto fill = start(kUnique);
  ASSERT_EQ(fill->step(op_), IndexFill::Step::More);
  { const WriteUnit dropped = begin_insert(R"({"_id": 2, "a": 1})"); }
  run(*fill);
  EXPECT_TRUE(is_ready());
  expect_consistent();
}

TEST_F(IndexFillTest, AWriterWhoIsAboutToEndTheBuildIsWaitedFor) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  auto fill = start(kUnique);
  ASSERT_EQ(fill->step(op_), IndexFill::Step::More);
  WriteUnit open = begin_insert(R"({"_id": 2, "a": 1})");
  ASSERT_EQ(fill->step(op_), IndexFill::Step::Wait);
  EXPECT_FALSE(is_ready());
  EXPECT_EQ(open.commit().status, commit::CommitStatus::Committed);
  EXPECT_EQ(end_of(std::move(fill)), ErrorCode::DuplicateKey);
  EXPECT_EQ(wanted(), nullptr);
  expect_consistent();
}

TEST_F(IndexFillTest, WhatTheIndexCannotHoldIsNoFailureOfTheWrite) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": [1]})").done());  // what the build has not come to yet
  auto fill = start(kHashed);
  ASSERT_TRUE(insert(R"({"_id": 2, "a": [2]})").done());
  ASSERT_TRUE(update("1", R"({"$set": {"a": [3]}})").done());
  ASSERT_TRUE(remove("1").done());
  ASSERT_TRUE(remove("2").done());
  // Of the documents that are there now it could hold all, but word was left.
  EXPECT_EQ(end_of(std::move(fill)), location(16766));
  EXPECT_EQ(wanted(), nullptr);
  expect_consistent();
  EXPECT_EQ(code_of([&] { (void)index(kHashed); }), ErrorCode::OK);
  EXPECT_EQ(code_of([&] { (void)insert(R"({"_id": 3, "a": [2]})"); }), location(16766));
}

TEST_F(IndexFillTest, LeftAloneItIsGone) {
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(insert(R"({"a": )" + std::to_string(i) + "}").done());
  auto fill = start(kPlain);
  ASSERT_EQ(fill->step(op_), IndexFill::Step::More);
  fill.reset();
  EXPECT_EQ(wanted(), nullptr);
  expect_consistent();
}

TEST_F(IndexFillTest, KilledHalfWayItIsGone) {
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(insert(R"({"a": )" + std::to_string(i) + "}").done());
  auto fill = start(kPlain);
  ASSERT_EQ(fill->step(op_), IndexFill::Step::More);
  op_.interrupt(ErrorCode::Interrupted);
  EXPECT_EQ(end_of(std::move(fill)), ErrorCode::Interrupted);
  EXPECT_EQ(wanted(), nullptr);
}

TEST_F(IndexFillTest, AfterTheEndOfTheProcessItIsGone) {
  ASSERT_TRUE(insert(R"({"a": 1})").done());
  const std::string spec = bson_of(kPlain);
  (void)data().ddl().start_build(ns(), {bson::View(spec)});
  ASSERT_NE(wanted(), nullptr);
  reopen();
  EXPECT_EQ(wanted(), nullptr);
  expect_consistent();
  EXPECT_EQ(code_of([&] { (void)index(kPlain); }), ErrorCode::OK);
}

TEST_F(IndexFillTest, DroppedMeanwhileItEnds) {
  ASSERT_TRUE(insert(R"({"a": 1})").done());
  auto fill = start(kPlain);
  ASSERT_EQ(fill->step(op_), IndexFill::Step::More);
  const std::string name = bson_of(R"({"index": "wanted"})");
  data().ddl().drop_indexes(ns(), bson::View(name)["index"]);
  EXPECT_EQ(end_of(std::move(fill)), ErrorCode::IndexBuildAborted);
  fill = start(kPlain);
  ASSERT_EQ(fill->step(op_), IndexFill::Step::More);
  data().ddl().drop_collection(ns());
  EXPECT_EQ(end_of(std::move(fill)), ErrorCode::IndexBuildAborted);
}

TEST_F(IndexFillTest, OthersWhoWantItAreToldToWait) {
  auto fill = start(kPlain);
  const std::string spec = bson_of(kPlain);
  EXPECT_TRUE(data().ddl().start_build(ns(), {bson::View(spec)}).others_build);
  run(*fill);
  const catalog::StartedBuild again = data().ddl().start_build(ns(), {bson::View(spec)});
  EXPECT_FALSE(again.others_build);
  EXPECT_TRUE(again.indexes.empty());
}

TEST_F(IndexFillTest, RandomWritesThroughoutABuild) {
  constexpr std::uint64_t kSeed = 20'261'125;
  SeededRandom chance(kSeed);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
    const std::string full = "test.r" + std::to_string(round);
    const auto text = [&](std::uint64_t id) {
      return R"({"_id": )" + std::to_string(id) + R"(, "a": )" +
             (chance.below(20) == 0 ? "[1, 2]" : std::to_string(chance.below(2'000))) + "}";
    };
    const auto write_something = [&] {
      const std::uint64_t id = chance.below(900);
      switch (chance.below(3)) {
        case 0:
          (void)insert(text(id), full);
          break;
        case 1:
          if (there(id, full)) (void)update(std::to_string(id), text(id), full);
          break;
        default:
          if (there(id, full)) (void)remove(std::to_string(id), full);
      }
    };
    data().ddl().ensure_collection(ns(full));
    for (int i = 0; i < 500; ++i)
      write_something();
    const char* const specs[] = {kPlain, kUnique, kHashed};
    const std::string spec = bson_of(specs[round % 3]);
    auto fill =
        std::make_unique<IndexFill>(data(), data().ddl().start_build(ns(full), {bson::View(spec)}));
    const ErrorCode end = code_of([&] {
      for (bool done = false; !done;) {
        for (std::uint64_t i = chance.below(8); i > 0; --i)
          write_something();
        done = fill->step(op_) == IndexFill::Step::Done;
      }
    });
    fill.reset();
    const catalog::CollectionPtr now = collection(full);
    const catalog::IndexDefinition* made = now->find_index("wanted");
    EXPECT_EQ(end == ErrorCode::OK, made != nullptr && made->ready()) << static_cast<int>(end);
    EXPECT_TRUE(end == ErrorCode::OK || round % 3 != 0) << static_cast<int>(end);
  }
  expect_consistent();
}

// prepareUnique and the conversion that follows.

class UniqueConversionTest : public IndexFillTest {
 protected:
  UniqueConversionTest() { index(kPlain); }
  void prepare(bool value) {
    const std::string change =
        bson_of(std::string(R"({"index": {"name": "wanted", "prepareUnique": )") +
                (value ? "true" : "false") + "}}");
    data().ddl().coll_mod(ns(), bson::View(change));
  }
  ErrorCode convert(bool dry_run = false) {
    const std::string target = bson_of(R"({"keyPattern": {"a": 1}})");
    return code_of(
        [&] { (void)convert_to_unique(data(), op_, ns(), bson::View(target), dry_run); });
  }
};

TEST_F(UniqueConversionTest, NewDuplicatesAreRefusedOnceItIsPrepared) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  ASSERT_TRUE(insert(R"({"_id": 2, "a": 1})").done());
  EXPECT_EQ(convert(), ErrorCode::InvalidOptions);
  prepare(true);
  EXPECT_EQ(insert(R"({"_id": 3, "a": 1.0})").status, WriteStatus::DuplicateKey);
  ASSERT_TRUE(insert(R"({"_id": 3, "a": 3})").done());
  EXPECT_EQ(update("3", R"({"$set": {"a": 1}})").status, WriteStatus::DuplicateKey);
  ASSERT_TRUE(update("3", R"({"$set": {"a": 4}})").done());
  EXPECT_EQ(convert(), ErrorCode::CannotConvertIndexToUnique);
  EXPECT_EQ(convert(true), ErrorCode::CannotConvertIndexToUnique);
  ASSERT_TRUE(remove("2").done());
  EXPECT_EQ(convert(true), ErrorCode::OK);
  EXPECT_FALSE(wanted()->unique);
  EXPECT_EQ(convert(), ErrorCode::OK);
  EXPECT_TRUE(wanted()->unique);
  EXPECT_EQ(bson::View(wanted()->spec)["unique"].as_bool(), true);
  EXPECT_FALSE(bson::View(wanted()->spec)["prepareUnique"]);
  EXPECT_EQ(insert(R"({"_id": 5, "a": 1})").status, WriteStatus::DuplicateKey);
  EXPECT_EQ(convert(), ErrorCode::OK);  // it is already
  expect_consistent();
  reopen();
  EXPECT_TRUE(wanted()->unique);
  expect_consistent();
}

TEST_F(UniqueConversionTest, OfTwoAtATimeOneSeesWhatTheOtherDid) {
  prepare(true);
  WriteUnit first = begin_insert(R"({"_id": 1, "a": 1})");
  const std::string given = bson_of(R"({"_id": 2, "a": 1})");
  {
    WriteUnit second = data().begin();
    Writer writer(second, second.catalog().find(ns()), data().write_context());
    const WriteUnit::Savepoint before = second.savepoint();
    EXPECT_EQ(writer.insert(bson::View(given)).status, WriteStatus::Conflict);
    second.rollback_to(before);
    EXPECT_EQ(first.commit().status, commit::CommitStatus::Committed);
    EXPECT_EQ(writer.insert(bson::View(given)).status, WriteStatus::Changed);
  }
  EXPECT_EQ(insert(R"({"_id": 2, "a": 1})").status, WriteStatus::DuplicateKey);
}

TEST_F(UniqueConversionTest, TakenBackItIsAnOrdinaryIndex) {
  prepare(true);
  prepare(false);
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  ASSERT_TRUE(insert(R"({"_id": 2, "a": 1})").done());
  EXPECT_FALSE(bson::View(wanted()->spec)["prepareUnique"]);
  expect_consistent();
}

TEST_F(UniqueConversionTest, CutShortItLeavesTheOldIndex) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  prepare(true);
  const std::uint64_t old_id = wanted()->id;
  (void)data().ddl().start_unique(collection()->id, old_id);
  EXPECT_EQ(collection()->indexes.size(), 3U);
  reopen();
  EXPECT_EQ(collection()->indexes.size(), 2U);
  EXPECT_EQ(wanted()->id, old_id);
  EXPECT_TRUE(wanted()->ready());
  EXPECT_EQ(convert(), ErrorCode::OK);
  expect_consistent();
}

TEST_F(UniqueConversionTest, DroppingTheOldIndexEndsTheConversion) {
  prepare(true);
  const catalog::StartedBuild started = data().ddl().start_unique(collection()->id, wanted()->id);
  const std::string all = bson_of(R"({"index": "wanted"})");
  data().ddl().drop_indexes(ns(), bson::View(all)["index"]);
  EXPECT_EQ(collection()->indexes.size(), 1U);
  EXPECT_EQ(code_of([&] { (void)fill_indexes(data(), op_, started); }),
            ErrorCode::IndexBuildAborted);
}

}  // namespace
}  // namespace freshet::collection
