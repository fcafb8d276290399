// SPDX-License-Identifier: Apache-2.0
#include "collection/writer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "collection/testing.h"

namespace freshet::collection {
namespace {

TEST_F(DataTest, InsertWritesDocumentKeysAndEntry) {
  ASSERT_TRUE(insert(R"({"a": 1, "_id": 7})").done());
  EXPECT_EQ(documents(),
            std::vector<std::string>{bson::to_json(bson::View(bson_of(R"({"_id": 7, "a": 1})")))});
  const auto entries = log();
  ASSERT_EQ(entries.size(), 2U);  // create, insert
  const auto create = oplog::EntryView::parse(entries[0]);
  EXPECT_EQ(create.kind, oplog::OpKind::Command);
  EXPECT_EQ(create.command_name(), "create");
  EXPECT_EQ(create.ns, "test.$cmd");
  const auto entry = oplog::EntryView::parse(entries[1]);
  EXPECT_EQ(entry.kind, oplog::OpKind::Insert);
  EXPECT_EQ(entry.ns, "test.c");
  EXPECT_EQ(oplog::entry_ns(entries[1]), "test.c");
  EXPECT_EQ(entry.uuid(), collection()->uuid);
  EXPECT_EQ(entry.document_id().as_int32(), 7);
  EXPECT_EQ(entry.wall_ms, clock_.wall_ms());
  EXPECT_FALSE(entry.time.is_zero());
  expect_consistent();
}

TEST_F(DataTest, GeneratesIdAndFillsTimestamps) {
  ASSERT_TRUE(insert(R"({"t": {"$timestamp": {"t": 0, "i": 0}}, "x": 1})").done());
  const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
  RecordCursor cursor(*snapshot, store_, *collection());
  ASSERT_TRUE(cursor.valid());
  EXPECT_EQ(cursor.document().begin()->name(), "_id");
  EXPECT_EQ(cursor.document()["_id"].type(), bson::Type::ObjectId);
  EXPECT_NE(cursor.document()["t"].as_timestamp().value(), 0U);
}

TEST_F(DataTest, RefusesImpossibleIds) {
  for (const char* json : {R"({"_id": [1]})", R"({"_id": {"$undefined": true}})",
                           R"({"_id": {"$regularExpression": {"pattern": "a", "options": ""}}})"}) {
    EXPECT_EQ(code_of([&] { (void)insert(json); }), ErrorCode::InvalidIdField) << json;
  }
}

TEST_F(DataTest, DuplicateIdIsAValueWithItsFields) {
  ASSERT_TRUE(insert(R"({"_id": 1})").done());
  const WriteOutcome outcome = insert(R"({"_id": 1.0, "b": 2})");
  ASSERT_EQ(outcome.status, WriteStatus::DuplicateKey);
  EXPECT_EQ(outcome.duplicate->index, "_id_");
  EXPECT_EQ(duplicate_key_message(*collection(), *outcome.duplicate),
            "E11000 duplicate key error collection: test.c index: _id_ dup key: { _id: 1.0 }");
  EXPECT_EQ(documents().size(), 1U);
  expect_consistent();
}

TEST_F(DataTest, UpdateMovesKeysAndLogsTheDelta) {
  index(R"({"key": {"a": 1}, "name": "a_1", "unique": true})");
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  ASSERT_TRUE(insert(R"({"_id": 2, "a": 2})").done());
  EXPECT_EQ(update("2", R"({"$set": {"a": 1}})").status, WriteStatus::DuplicateKey);
  ASSERT_TRUE(update("1", R"({"$set": {"a": 5}})").done());
  ASSERT_TRUE(update("2", R"({"$set": {"a": 1, "more": "text"}})").done());
  const auto entries = log();
  const auto entry = oplog::EntryView::parse(entries.back());
  EXPECT_EQ(entry.kind, oplog::OpKind::Update);
  EXPECT_FALSE(entry.is_replacement());
  EXPECT_EQ(entry.document_id().as_int32(), 2);
  EXPECT_GT(entry.bytes, 0);
  expect_consistent();
}

TEST_F(DataTest, RemoveTakesKeysAway) {
  index(R"({"key": {"a": 1}, "name": "a_1"})");
  ASSERT_TRUE(insert(R"({"_id": 1, "a": [1, 2, 3]})").done());
  ASSERT_TRUE(remove("1").done());
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 9})").done());
  EXPECT_EQ(documents().size(), 1U);
  expect_consistent();
}

TEST_F(DataTest, PreImagesAreKeptWhileTheCollectionKeepsThem) {
  const std::string options = bson_of(R"({"changeStreamPreAndPostImages": {"enabled": true}})");
  data().ddl().create_collection(ns(), bson::View(options));
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  ASSERT_TRUE(update("1", R"({"$set": {"a": 2}})").done());
  auto entries = log();
  auto entry = oplog::EntryView::parse(entries.back());
  ASSERT_TRUE(entry.pre.is_document());
  EXPECT_EQ(entry.pre.as_document()["a"].as_int32(), 1);
  ASSERT_TRUE(remove("1").done());
  entries = log();
  entry = oplog::EntryView::parse(entries.back());
  EXPECT_EQ(entry.pre.as_document()["a"].as_int32(), 2);
  const std::string off = bson_of(R"({"changeStreamPreAndPostImages": {"enabled": false}})");
  data().ddl().coll_mod(ns(), bson::View(off));
  EXPECT_FALSE(collection()->pre_images);
  expect_consistent();
}

TEST_F(DataTest, ValidatorRefusesWith121) {
  const std::string options = bson_of(R"({"validator": {"a": {"$gt": 0}}})");
  data().ddl().create_collection(ns(), bson::View(options));
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  EXPECT_EQ(code_of([&] { (void)insert(R"({"_id": 2, "a": -1})"); }),
            ErrorCode::DocumentValidationFailure);
  EXPECT_EQ(code_of([&] { (void)update("1", R"({"$set": {"a": 0}})"); }),
            ErrorCode::DocumentValidationFailure);
  expect_consistent();
}

TEST_F(DataTest, AWriterOnAnOldCatalogIsRefused) {
  ASSERT_TRUE(insert(R"({"_id": 1})").done());
  WriteUnit unit = data().begin();
  Writer writer(unit, unit.catalog().find(ns()), data().write_context());
  const std::string document = bson_of(R"({"_id": 2})");
  ASSERT_TRUE(writer.insert(bson::View(document)).done());
  index(R"({"key": {"a": 1}, "name": "a_1"})");
  EXPECT_EQ(unit.commit().status, commit::CommitStatus::StaleCatalog);
  EXPECT_EQ(documents().size(), 1U);
  expect_consistent();
}

TEST_F(DataTest, RollbackTakesBackOneStatement) {
  ASSERT_TRUE(insert(R"({"_id": 1})").done());
  WriteUnit unit = data().begin();
  Writer writer(unit, unit.catalog().find(ns()), data().write_context());
  const std::string good = bson_of(R"({"_id": 2})");
  const std::string bad = bson_of(R"({"_id": 1})");
  ASSERT_TRUE(writer.insert(bson::View(good)).done());
  const WriteUnit::Savepoint savepoint = unit.savepoint();
  EXPECT_EQ(writer.insert(bson::View(bad)).status, WriteStatus::DuplicateKey);
  unit.rollback_to(savepoint);
  EXPECT_EQ(unit.commit().status, commit::CommitStatus::Committed);
  EXPECT_EQ(documents().size(), 2U);
  expect_consistent();
}

TEST_F(DataTest, TwoWritersOfOneDocumentConflict) {
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1})").done());
  WriteUnit first = data().begin();
  WriteUnit second = data().begin();
  Writer a(first, first.catalog().find(ns()), data().write_context());
  Writer b(second, second.catalog().find(ns()), data().write_context());
  const RecordId id = record_of(first.transaction(), "1");
  const auto before = get_document(first.transaction(), store_, *collection(), id).value();
  ASSERT_TRUE(a.remove(id, bson::View(before)).done());
  EXPECT_EQ(b.remove(id, bson::View(before)).status, WriteStatus::Conflict);
  EXPECT_EQ(first.commit().status, commit::CommitStatus::Committed);
  WriteUnit third = data().begin();
  EXPECT_FALSE(find_by_id(third.transaction(), *collection(), bson::View(before)["_id"]));
}

TEST_F(DataTest, CappedCollectionsPushOutTheOldest) {
  const std::string options = bson_of(R"({"capped": true, "size": 4096, "max": 3})");
  data().ddl().create_collection(ns(), bson::View(options));
  index(R"({"key": {"a": 1}, "name": "a_1"})");
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(
        insert("{\"_id\": " + std::to_string(i) + ", \"a\": [1, " + std::to_string(i) + "]}")
            .done());
  }
  EXPECT_EQ(documents().size(), 3U);
  EXPECT_NE(documents().front().find("\"_id\" : 7"), std::string::npos) << documents().front();
  ASSERT_TRUE(remove("8").done());
  ASSERT_TRUE(insert(R"({"_id": 0})").done());
  EXPECT_EQ(documents().size(), 3U);
  expect_consistent();
  reopen();
  expect_consistent();
  ASSERT_TRUE(insert(R"({"_id": 11})").done());
  EXPECT_EQ(documents().size(), 3U);
  expect_consistent();
}

TEST_F(DataTest, OplogAndViewsAreNotWritten) {
  const std::string view = bson_of(R"({"viewOn": "c"})");
  data().ddl().create_collection(ns("test.v"), bson::View(view));
  WriteUnit unit = data().begin();
  const auto code = [&](const char* full) {
    return code_of([&] { Writer(unit, collection(full), data().write_context()); });
  };
  EXPECT_EQ(code("local.oplog.rs"), ErrorCode::InvalidNamespace);
  EXPECT_EQ(code("test.v"), ErrorCode::CommandNotSupportedOnView);
}

TEST_F(DataTest, OplogIsACollection) {
  ASSERT_TRUE(insert(R"({"_id": 1})").done());
  ASSERT_TRUE(insert(R"({"_id": 2})").done());
  const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
  ASSERT_TRUE(insert(R"({"_id": 3})").done());  // not of that moment
  const catalog::CollectionPtr oplog = collection("local.oplog.rs");
  ASSERT_NE(oplog, nullptr);
  RecordCursor forward(*snapshot, store_, *oplog);
  std::vector<RecordId> ids;
  for (; forward.valid(); forward.next())
    ids.push_back(forward.id());
  ASSERT_EQ(ids.size(), 3U);
  EXPECT_EQ(value_of(ids.back()), snapshot->position().value());
  RecordCursor backward(*snapshot, store_, *oplog, storage::Direction::Backward);
  ASSERT_TRUE(backward.valid());
  EXPECT_EQ(backward.id(), ids.back());
  backward.seek_past(ids[1]);
  ASSERT_TRUE(backward.valid());
  EXPECT_EQ(backward.id(), ids[0]);
  backward.next();
  EXPECT_FALSE(backward.valid());
  RecordCursor range(*snapshot, store_, *oplog, storage::Direction::Forward,
                     {.first = ids[1], .last = ids[1]});
  ASSERT_TRUE(range.valid());
  range.next();
  EXPECT_FALSE(range.valid());
  EXPECT_TRUE(get_document(*snapshot, store_, *oplog, ids[2]).has_value());
}

}  // namespace
}  // namespace freshet::collection
