// SPDX-License-Identifier: Apache-2.0
// The catalog as the data floor uses it: DDL, its entries, its states and its codes.
#include <gtest/gtest.h>

#include "bson/compare.h"
#include "bson/json.h"
#include "bson/value.h"
#include "collection/capped_trim.h"
#include "collection/testing.h"

namespace freshet::collection {
namespace {

class DdlTest : public DataTest {
 protected:
  catalog::DdlResult create(std::string_view full, std::string_view options = "{}") {
    const std::string bytes = bson_of(options);
    return data().ddl().create_collection(ns(full), bson::View(bytes));
  }
  ErrorCode create_code(std::string_view options) {
    return code_of([&] { create("test.x", options); });
  }
  ErrorCode index_code(std::string_view spec) {
    return code_of([&] { index(spec); });
  }
  ErrorCode coll_mod_code(std::string_view changes, std::string_view full = "test.c") {
    const std::string bytes = bson_of(changes);
    return code_of([&] { data().ddl().coll_mod(ns(full), bson::View(bytes)); });
  }
  oplog::EntryView last_entry() {
    entries_ = log();
    return oplog::EntryView::parse(entries_.back());
  }
  std::vector<std::string> entries_;
};

TEST_F(DdlTest, CreateIsIdempotentForEqualOptions) {
  EXPECT_TRUE(create("test.c", R"({"capped": true, "size": 1000})").changed);
  EXPECT_EQ(collection()->capped_bytes, 1024);
  EXPECT_FALSE(create("test.c", R"({"capped": true, "size": 1000})").changed);
  EXPECT_EQ(code_of([&] { create("test.c"); }), ErrorCode::NamespaceExists);
  EXPECT_EQ(last_entry().o["size"].as_int32(), 1024);
  EXPECT_TRUE(last_entry().o["idIndex"].is_document());
}

TEST_F(DdlTest, CreateRefusesWithMongosCodes) {
  EXPECT_EQ(create_code(R"({"bogus": 1})"), ErrorCode::Location40415);
  EXPECT_EQ(create_code(R"({"capped": true})"), ErrorCode::InvalidOptions);
  EXPECT_EQ(create_code(R"({"size": 5})"), ErrorCode::InvalidOptions);
  EXPECT_EQ(create_code(R"({"capped": true, "size": -1})"), location(51024));
  EXPECT_EQ(create_code(R"({"validator": 1})"), ErrorCode::TypeMismatch);
  EXPECT_EQ(create_code(R"({"validator": {"$bad": 1}})"), ErrorCode::BadValue);
  EXPECT_EQ(create_code(R"({"validationAction": "bogus"})"), ErrorCode::BadValue);
  EXPECT_EQ(create_code(R"({"autoIndexId": false})"), location(50001));
  EXPECT_EQ(create_code(R"({"pipeline": []})"), ErrorCode::InvalidOptions);
  EXPECT_EQ(create_code(R"({"timeseries": {}})"), location(40414));
  EXPECT_EQ(create_code(R"({"clusteredIndex": {"key": {"a": 1}, "unique": true}})"),
            ErrorCode::InvalidIndexSpecificationOption);
  EXPECT_EQ(create_code(R"({"changeStreamPreAndPostImages": {}})"), location(40414));
  EXPECT_EQ(code_of([&] { create("test.system.foo"); }), ErrorCode::InvalidNamespace);
  EXPECT_EQ(collection("test.x"), nullptr);
}

TEST_F(DdlTest, DatabasesDifferByMoreThanCase) {
  create("test.c");
  EXPECT_EQ(code_of([&] { create("TEST.c"); }), ErrorCode::DatabaseDifferCase);
  EXPECT_EQ(data().catalog().latest()->database_names(),
            (std::vector<std::string>{"local", "test"}));
}

TEST_F(DdlTest, ViewsStandOnCollections) {
  create("test.v", R"({"viewOn": "c", "pipeline": [{"$match": {"a": 1}}]})");
  EXPECT_TRUE(collection("test.v")->is_view());
  EXPECT_FALSE(last_entry().uuid());
  EXPECT_EQ(code_of([&] { data().ddl().ensure_collection(ns("test.v")); }),
            ErrorCode::CommandNotSupportedOnView);
  create("test.w", R"({"viewOn": "v"})");
  reopen();
  EXPECT_TRUE(collection("test.w")->is_view());
  EXPECT_EQ(collection("test.w")->view_on, "v");
  EXPECT_TRUE(data().ddl().drop_collection(ns("test.v")).was_view);
}

TEST_F(DdlTest, ViewsAreLookedAtBeforeTheyAreStored) {
  const auto refuse = [](const catalog::CatalogState&, const catalog::CollectionDefinition& view) {
    raise(ErrorCode::GraphContainsCycle, "{} on {}", view.full_name, view.view_on);
  };
  const std::string options = bson_of(R"({"viewOn": "c"})");
  EXPECT_EQ(
      code_of([&] { data().ddl().create_collection(ns("test.v"), bson::View(options), refuse); }),
      ErrorCode::GraphContainsCycle);
  EXPECT_EQ(collection("test.v"), nullptr);
  create("test.v", R"({"viewOn": "c"})");
  EXPECT_EQ(code_of([&] { data().ddl().coll_mod(ns("test.v"), bson::View(options), refuse); }),
            ErrorCode::GraphContainsCycle);
}

TEST_F(DdlTest, ConvertingToCappedKeepsTheNewest) {
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(insert("{\"_id\": " + std::to_string(i) + ", \"pad\": \"0123456789\"}").done());
  }
  const catalog::ConvertResult result = data().ddl().convert_to_capped(ns(), 256);
  EXPECT_EQ(last_entry().command_name(), "convertToCapped");
  reopen();  // nothing was trimmed yet: what the collection holds is counted again
  EXPECT_TRUE(collection()->capped);
  EXPECT_EQ(collection()->runtime->documents.load(), 40);
  const SystemClock clock;
  Operation op(clock, 1, std::make_shared<const ClientInfo>());
  trim_capped(data(), result.collection_id, op);
  EXPECT_LE(collection()->runtime->bytes.load(), 256);
  EXPECT_GT(collection()->runtime->documents.load(), 3);
}

TEST_F(DdlTest, StatesBelongToPositions) {
  create("test.c");
  const auto before = data().commits().snapshot(commit::ReadPoint::Latest);
  data().ddl().rename_collection(ns("test.c"), ns("other.d"), {});
  const auto after = data().commits().snapshot(commit::ReadPoint::Latest);
  EXPECT_NE(data().catalog().at(*before)->find(ns("test.c")), nullptr);
  EXPECT_EQ(data().catalog().at(*before)->find(ns("other.d")), nullptr);
  EXPECT_EQ(data().catalog().at(*after)->find(ns("test.c")), nullptr);
  EXPECT_NE(data().catalog().at(*after)->find(ns("other.d")), nullptr);
  // Older than the states kept in memory: read from the snapshot.
  for (int i = 0; i < 40; ++i)
    create("test.n" + std::to_string(i));
  const catalog::StatePtr old = data().catalog().at(*before);
  ASSERT_NE(old->find(ns("test.c")), nullptr);
  EXPECT_EQ(old->find(ns("test.c"))->runtime, collection("other.d")->runtime);
  EXPECT_EQ(old->find(ns("test.n0")), nullptr);
}

TEST_F(DdlTest, DropDatabaseLogsEachDrop) {
  ASSERT_TRUE(insert(R"({"_id": 1})", "test.a").done());
  ASSERT_TRUE(insert(R"({"_id": 1})", "test.b").done());
  data().ddl().drop_database("test");
  EXPECT_EQ(last_entry().command_name(), "dropDatabase");
  EXPECT_EQ(oplog::EntryView::parse(entries_[entries_.size() - 2]).command_name(), "drop");
  EXPECT_EQ(oplog::EntryView::parse(entries_[entries_.size() - 2])
                .o2.as_document()["numRecords"]
                .as_int64(),
            1);
  EXPECT_FALSE(data().catalog().latest()->has_database("test"));
  EXPECT_FALSE(data().ddl().drop_database("test").changed);
  EXPECT_EQ(code_of([&] { data().ddl().drop_database("local"); }), ErrorCode::IllegalOperation);
}

TEST_F(DdlTest, DroppedRangesAreReclaimedWhenNobodyReadsThem) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": [1]})").done());
  index(R"({"key": {"a": 1}, "name": "a_1"})");
  const catalog::CollectionPtr gone = collection();
  const auto reader = data().commits().snapshot(commit::ReadPoint::Latest);
  data().ddl().drop_collection(ns());
  EXPECT_EQ(data().ddl().reclaim(store_, reader->position()), 0U);
  EXPECT_EQ(data().ddl().reclaim(store_, data().commits().applied()), 3U);
  EXPECT_EQ(data().ddl().reclaim(store_, data().commits().applied()), 0U);
  const auto now = data().commits().snapshot(commit::ReadPoint::Latest);
  EXPECT_FALSE(now->scan(gone->space(), {}, storage::Direction::Forward)->valid());
  for (const auto& each : gone->indexes) {
    EXPECT_FALSE(now->scan(each->space(), {}, storage::Direction::Forward)->valid());
  }
  ASSERT_TRUE(insert(R"({"_id": 1})").done());
  EXPECT_GT(collection()->id, gone->id);
  expect_consistent();
}

TEST_F(DdlTest, RenameCodes) {
  create("test.a");
  create("test.b");
  auto rename = [&](std::string_view from, std::string_view to, bool drop = false) {
    return code_of(
        [&] { data().ddl().rename_collection(ns(from), ns(to), {.drop_target = drop}); });
  };
  EXPECT_EQ(rename("test.zz", "test.q"), ErrorCode::NamespaceNotFound);
  EXPECT_EQ(rename("test.a", "test.b"), ErrorCode::NamespaceExists);
  EXPECT_EQ(rename("test.a", "test.a"), ErrorCode::NamespaceExists);
  EXPECT_EQ(rename("test.a", "test"), ErrorCode::InvalidNamespace);
  const model::Uuid replaced = collection("test.b")->uuid;
  EXPECT_EQ(rename("test.a", "test.b", true), ErrorCode::OK);
  EXPECT_EQ(model::Uuid::from(last_entry().o["dropTarget"]), replaced);
  EXPECT_EQ(last_entry().o["to"].as_string(), "test.b");
}

TEST_F(DdlTest, IndexResultsAndNames) {
  const catalog::StartedBuild first = index(R"({"key": {"a": 1}, "name": "a_1"})");
  EXPECT_TRUE(first.created_collection);
  EXPECT_EQ(first.indexes_before, 1U);
  EXPECT_EQ(first.indexes_after, 2U);
  const catalog::StartedBuild again = index(R"({"key": {"a": 1}, "name": "a_1"})");
  EXPECT_TRUE(again.indexes.empty());
  EXPECT_EQ(again.indexes_before, 2U);
  EXPECT_EQ(index(R"({"key": {"b": -1}, "name": "b"})").indexes_after, 3U);
  EXPECT_EQ(last_entry().command_name(), "createIndexes");
  EXPECT_EQ(last_entry().o["name"].as_string(), "b");
  EXPECT_EQ(collection()->find_index("b")->parts[0].kind, catalog::IndexPart::Kind::Descending);
  EXPECT_TRUE(collection()->find_index("b")->ready());
  reopen();
  EXPECT_EQ(collection()->indexes.size(), 3U);
}

TEST_F(DdlTest, IndexCodes) {
  index(R"({"key": {"a": 1}, "name": "a_1"})");
  using enum ErrorCode;
  EXPECT_EQ(index_code(R"({"key": {"a": 0}, "name": "k"})"), CannotCreateIndex);
  EXPECT_EQ(index_code(R"({"key": {"a": "x"}, "name": "k"})"), CannotCreateIndex);
  EXPECT_EQ(index_code(R"({"key": {"a": "text", "h": "hashed"}, "name": "k"})"), CannotCreateIndex);
  EXPECT_EQ(index_code(R"({"key": {}, "name": "k"})"), CannotCreateIndex);
  EXPECT_EQ(index_code(R"({"key": {"a..b": 1}, "name": "k"})"), CannotCreateIndex);
  EXPECT_EQ(index_code(R"({"key": {"z": 1}})"), FailedToParse);
  EXPECT_EQ(index_code(R"({"name": "z"})"), FailedToParse);
  EXPECT_EQ(index_code(R"({"key": {"z": 1}, "name": "z", "bogus": 1})"),
            InvalidIndexSpecificationOption);
  EXPECT_EQ(index_code(R"({"key": {"z": 1}, "name": "*"})"), BadValue);
  EXPECT_EQ(index_code(R"({"key": {"_id": 1}, "name": "_id_", "unique": true})"),
            InvalidIndexSpecificationOption);
  EXPECT_EQ(index_code(R"({"key": {"b": 1}, "name": "a_1"})"), IndexKeySpecsConflict);
  EXPECT_EQ(index_code(R"({"key": {"a": 1}, "name": "other"})"), IndexOptionsConflict);
  EXPECT_EQ(index_code(R"({"key": {"a": 1}, "name": "other", "sparse": true})"), OK);
  EXPECT_EQ(index_code(R"({"key": {"a": 1, "b": 1}, "name": "t", "expireAfterSeconds": 1})"),
            CannotCreateIndex);
  EXPECT_EQ(index_code(R"({"key": {"p": 1}, "name": "p", "sparse": true,
                           "partialFilterExpression": {"a": 1}})"),
            CannotCreateIndex);
}

TEST_F(DdlTest, IndexesBuiltOverDocumentsTogetherAreOneEntry) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  const std::string specs =
      bson_of(R"({"i": [{"key": {"a": 1}, "name": "a"}, {"key": {"b": 1}, "name": "b"}]})");
  std::vector<bson::View> both;
  for (const bson::Element& spec : bson::View(specs)["i"].as_document())
    both.push_back(spec.as_document());
  Operation op(clock_, 1, std::make_shared<ClientInfo>());
  fill_indexes(data(), op, data().ddl().start_build(ns(), both));
  EXPECT_EQ(last_entry().command_name(), "commitIndexBuild");
  EXPECT_EQ(last_entry().o["indexes"].as_document().count(), 2U);
}

TEST_F(DdlTest, AUniqueIndexThatCannotBeLeavesNothing) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  ASSERT_TRUE(insert(R"({"_id": 2, "a": 1})").done());
  EXPECT_EQ(index_code(R"({"key": {"a": 1}, "name": "a_1", "unique": true})"),
            ErrorCode::DuplicateKey);
  EXPECT_EQ(collection()->indexes.size(), 1U);
  ASSERT_TRUE(insert(R"({"_id": 3, "a": [1], "b": [1]})").done());
  EXPECT_EQ(index_code(R"({"key": {"a": 1, "b": 1}, "name": "ab"})"),
            ErrorCode::CannotIndexParallelArrays);
  EXPECT_EQ(collection()->indexes.size(), 1U);
  expect_consistent();
}

TEST_F(DdlTest, DropIndexes) {
  index(R"({"key": {"a": 1}, "name": "a_1"})");
  index(R"({"key": {"b": 1}, "name": "b_1"})");
  auto drop = [&](const bson::Value& which) {
    return code_of([&] { data().ddl().drop_indexes(ns(), which); });
  };
  EXPECT_EQ(drop(bson::Value::string("nope")), ErrorCode::IndexNotFound);
  EXPECT_EQ(drop(bson::Value::string("_id_")), ErrorCode::InvalidOptions);
  EXPECT_EQ(drop(bson::Value::document(bson_of(R"({"a": -1})"))), ErrorCode::IndexNotFound);
  EXPECT_EQ(drop(bson::Value::document(bson_of(R"({"a": 1})"))), ErrorCode::OK);
  EXPECT_EQ(collection()->indexes.size(), 2U);
  EXPECT_EQ(last_entry().o2.as_document()["name"].as_string(), "a_1");
  EXPECT_EQ(data().ddl().drop_indexes(ns(), bson::Value::string("*")).indexes_were, 2U);
  EXPECT_EQ(collection()->indexes.size(), 1U);
}

TEST_F(DdlTest, CollMod) {
  index(R"({"key": {"t": 1}, "name": "t_1", "expireAfterSeconds": 100})");
  const std::string expire = bson_of(R"({"index": {"name": "t_1", "expireAfterSeconds": 500}})");
  const catalog::CollModResult result = data().ddl().coll_mod(ns(), bson::View(expire));
  EXPECT_EQ(bson::View(result.index_changes)["expireAfterSeconds_old"].as_int32(), 100);
  EXPECT_EQ(bson::View(result.index_changes)["expireAfterSeconds_new"].as_int32(), 500);
  EXPECT_EQ(collection()->find_index("t_1")->expire_after_seconds, 500);
  const std::string hide = bson_of(R"({"index": {"keyPattern": {"t": 1}, "hidden": true}})");
  data().ddl().coll_mod(ns(), bson::View(hide));
  EXPECT_FALSE(collection()->find_index("t_1")->ready());
  EXPECT_EQ(bson::to_json(last_entry().o["index"].as_document()),
            R"({ "name" : "t_1", "hidden" : true })");
  EXPECT_EQ(bson::to_json(last_entry().o2.as_document()["indexOptions_old"].as_document()),
            R"({ "hidden" : false })");
  data().ddl().coll_mod(ns(), bson::View());
  EXPECT_EQ(bson::to_json(last_entry().o), R"({ "collMod" : "c" })") << "logged all the same";
  EXPECT_EQ(model::Uuid::from(
                last_entry().o2.as_document()["collectionOptions_old"].as_document()["uuid"]),
            collection()->uuid);
  const std::string validator = bson_of(R"({"validator": {"a": {"$gt": 1}}})");
  data().ddl().coll_mod(ns(), bson::View(validator));
  EXPECT_EQ(bson::View(collection()->options)["validationLevel"].as_string(), "strict");
  EXPECT_NE(collection()->validator_matcher, nullptr);
  EXPECT_EQ(coll_mod_code(R"({"bogus": 1})"), ErrorCode::Location40415);
  EXPECT_EQ(coll_mod_code(R"({"index": {"name": "nope", "hidden": true}})"),
            ErrorCode::IndexNotFound);
  EXPECT_EQ(coll_mod_code(R"({"viewOn": "x"})"), ErrorCode::InvalidOptions);
  EXPECT_EQ(coll_mod_code("{}", "test.none"), ErrorCode::NamespaceNotFound);
  reopen();
  EXPECT_TRUE(collection()->find_index("t_1")->hidden);
  EXPECT_NE(collection()->validator_matcher, nullptr);
}

}  // namespace
}  // namespace freshet::collection
