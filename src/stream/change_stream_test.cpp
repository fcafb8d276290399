// SPDX-License-Identifier: Apache-2.0
// What a stream shows, where it begins, how it ends.
#include "stream/change_stream.h"

#include <gtest/gtest.h>

#include "oplog/apply_ops.h"
#include "oplog/retention.h"
#include "stream/stream_testing.h"

namespace freshet::stream {
namespace {

using testing::code_of;
using testing::Collected;
using testing::field_names;
using testing::TestLog;
using testing::token_of;
using testing::types_of;

constexpr const char* kPlain = R"([{"$changeStream": {}}])";
constexpr const char* kCluster = R"([{"$changeStream": {"allChangesForCluster": true}}])";
const model::Namespace kColl{"db", "c"};
const model::Namespace kDb{"db", ""};
const model::Namespace kAdmin{"admin", ""};

TEST(ChangeStreamTest, ShowsDocumentChangesInMongosShape) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  const storage::Position position = log.insert("db.c", R"({"_id": 1, "a": 2})");
  log.write(TestLog::one(log.update_entry("db.c", R"({"_id": 1})", R"({"_id": 1, "b": 3})")));
  log.remove("db.c", R"({"_id": 1})");
  const auto events = log.drain(*stream);
  ASSERT_EQ(types_of(events), "insert replace delete");
  const bson::View insert(events[0]);
  EXPECT_EQ(field_names(insert),
            "_id operationType clusterTime wallTime fullDocument ns documentKey");
  EXPECT_EQ(insert["clusterTime"].as_timestamp().value(), position.value());
  EXPECT_EQ(insert["wallTime"].as_date_ms(), 1'700'000'000'000);
  EXPECT_EQ(bson::to_json(insert["fullDocument"].as_document()),
            bson::to_json(bson::View(testing::json(R"({"_id": 1, "a": 2})"))));
  EXPECT_EQ(insert["ns"].as_document()["db"].as_string(), "db");
  EXPECT_EQ(insert["ns"].as_document()["coll"].as_string(), "c");
  EXPECT_EQ(field_names(bson::View(events[2])),
            "_id operationType clusterTime wallTime ns documentKey");
}

TEST(ChangeStreamTest, EachLevelSeesItsNamespaces) {
  TestLog log;
  const auto collection = log.open(kColl, kPlain);
  const auto database = log.open(kDb, kPlain);
  const auto cluster = log.open(kAdmin, kCluster);
  for (const char* ns :
       {"db.c", "db.d", "other.c", "db.system.views", "config.c", "admin.x", "local.y", "dbc.c"}) {
    log.insert(ns, R"({"_id": 1})");
  }
  EXPECT_EQ(log.drain(*collection).size(), 1U);
  EXPECT_EQ(log.drain(*database).size(), 2U);
  EXPECT_EQ(log.drain(*cluster).size(), 4U);
}

TEST(ChangeStreamTest, DropEndsACollectionStreamOnly) {
  TestLog log;
  const auto collection = log.open(kColl, kPlain);
  const auto database = log.open(kDb, kPlain);
  const auto cluster = log.open(kAdmin, kCluster);
  log.command("db", R"({"drop": "c"})");
  log.insert("db.c", R"({"_id": 1})");
  Collected events;
  EXPECT_EQ(log.fill(*collection, events), StreamFill::Closed);
  ASSERT_EQ(types_of(events.events), "drop invalidate");
  EXPECT_EQ(field_names(events[0]), "_id operationType clusterTime wallTime ns");
  EXPECT_EQ(field_names(events[1]), "_id operationType clusterTime wallTime");
  EXPECT_EQ(collection->post_batch_token(), token_of(events.events[1]));
  EXPECT_EQ(log.fill(*collection, events), StreamFill::Closed);
  EXPECT_EQ(types_of(log.drain(*database)), "drop insert");
  EXPECT_EQ(types_of(log.drain(*cluster)), "drop insert");
}

TEST(ChangeStreamTest, RenameEndsTheStreamsOfBothNames) {
  TestLog log;
  const auto from = log.open(kColl, kPlain);
  const auto to = log.open({"db", "e"}, kPlain);
  const auto other = log.open({"db", "f"}, kPlain);
  const auto database = log.open(kDb, kPlain);
  log.command("db", R"({"renameCollection": "db.c", "to": "db.e"})");
  EXPECT_EQ(types_of(log.drain(*from)), "rename invalidate");
  EXPECT_EQ(types_of(log.drain(*to)), "rename invalidate");
  EXPECT_EQ(types_of(log.drain(*other)), "");
  const auto events = log.drain(*database);
  ASSERT_EQ(types_of(events), "rename");
  EXPECT_EQ(bson::View(events[0])["to"].as_document()["coll"].as_string(), "e");
}

TEST(ChangeStreamTest, DropDatabaseEndsTheDatabaseStream) {
  TestLog log;
  const auto collection = log.open(kColl, kPlain);
  const auto database = log.open(kDb, kPlain);
  const auto cluster = log.open(kAdmin, kCluster);
  std::vector<commit::PendingEntry> entries;
  entries.push_back(log.command_entry("db", R"({"drop": "c"})"));
  entries.push_back(log.command_entry("db", R"({"dropDatabase": 1})"));
  log.write(std::move(entries));
  EXPECT_EQ(types_of(log.drain(*collection)), "drop invalidate");
  EXPECT_EQ(types_of(log.drain(*database)), "drop dropDatabase invalidate");
  EXPECT_EQ(types_of(log.drain(*cluster)), "drop dropDatabase");
}

TEST(ChangeStreamTest, TheEndOfATransactionIsAnExpandedEvent) {
  for (const std::size_t bytes_max : {std::size_t{150}, oplog::kApplyOpsBytesMax}) {
    TestLog log;
    const std::string expanded = R"([{"$changeStream": {"showExpandedEvents": true}}])";
    const auto collection = log.open(kColl, expanded);
    const auto other = log.open({"db", "other"}, expanded);
    const auto database = log.open(kDb, expanded);
    const auto plain = log.open(kDb, kPlain);
    std::vector<commit::PendingEntry> operations;
    operations.push_back(log.insert_entry("db.c", R"({"_id": 1})"));
    operations.push_back(log.insert_entry("db.d", R"({"_id": 2})"));
    const model::SessionId session{log.uuid, {}};
    oplog::EntryContext context = TestLog::context();
    context.lsid = &session;
    context.txn_number = 4;
    log.write(oplog::make_apply_ops(context, std::move(operations), bytes_max));
    const auto events = log.drain(*collection);
    ASSERT_EQ(types_of(events), "insert endOfTransaction");
    const bson::View end(events[1]);
    EXPECT_EQ(end["txnNumber"].as_int64(), 4);
    EXPECT_EQ(end["operationDescription"].as_document()["txnNumber"].as_int64(), 4);
    EXPECT_TRUE(end["ns"].missing());
    EXPECT_EQ(types_of(log.drain(*other)), "");
    EXPECT_EQ(types_of(log.drain(*database)), "insert insert endOfTransaction");
    EXPECT_EQ(types_of(log.drain(*plain)), "insert insert");
    for (std::size_t i = 0; i < events.size(); ++i) {
      const std::string after = R"([{"$changeStream": {"showExpandedEvents": true,
          "resumeAfter": {"_data": ")" +
                                token_of(events[i]).data() + R"("}}}])";
      EXPECT_EQ(log.drain(*log.open(kColl, after)).size(), events.size() - 1 - i);
    }
  }
}

TEST(ChangeStreamTest, InvalidateIsHandedOutInABatchOfItsOwnWhenTheFirstIsFull) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  log.command("db", R"({"drop": "c"})");
  Collected first(1);
  EXPECT_EQ(log.fill(*stream, first), StreamFill::Full);
  EXPECT_EQ(types_of(first.events), "drop");
  EXPECT_EQ(stream->post_batch_token(), token_of(first.events[0]));
  Collected second(1);
  EXPECT_EQ(log.fill(*stream, second), StreamFill::Closed);
  EXPECT_EQ(types_of(second.events), "invalidate");
}

TEST(ChangeStreamTest, StartAfterAnInvalidateSeesTheCollectionAgain) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  log.command("db", R"({"drop": "c"})");
  log.insert("db.c", R"({"_id": 1})");
  const auto events = log.drain(*stream);
  ASSERT_EQ(types_of(events), "drop invalidate");
  const auto after_drop = log.open_after(kColl, "resumeAfter", token_of(events[0]));
  EXPECT_EQ(types_of(log.drain(*after_drop)), "invalidate");
  EXPECT_EQ(code_of([&] { log.open_after(kColl, "resumeAfter", token_of(events[1])); }),
            ErrorCode::InvalidResumeToken);
  const auto again = log.open_after(kColl, "startAfter", token_of(events[1]));
  EXPECT_EQ(types_of(log.drain(*again)), "insert");
}

TEST(ChangeStreamTest, BeginsWhereItIsTold) {
  TestLog log;
  log.insert("db.c", R"({"_id": 1})");
  const storage::Position second = log.insert("db.c", R"({"_id": 2})");
  log.insert("db.c", R"({"_id": 3})");
  EXPECT_TRUE(log.drain(*log.open(kColl, kPlain)).empty());
  const std::string at = R"([{"$changeStream": {"startAtOperationTime": {"$timestamp": {"t": )" +
                         std::to_string(second.seconds()) + R"(, "i": )" +
                         std::to_string(second.increment()) + "}}}}]";
  EXPECT_EQ(log.drain(*log.open(kColl, at)).size(), 2U);
  const std::string later = R"([{"$changeStream": {"startAtOperationTime": {"$timestamp": {"t": )" +
                            std::to_string(second.seconds() + 1000) + R"(, "i": 1}}}}])";
  const auto future = log.open(kColl, later);
  log.insert("db.c", R"({"_id": 4})");
  EXPECT_TRUE(log.drain(*future).empty());
}

TEST(ChangeStreamTest, AnEmptyBatchCarriesHowFarTheLogWasLookedAt) {
  TestLog log;
  const auto stream = log.open(kColl, kPlain);
  const model::ResumeToken at_start = stream->post_batch_token();
  EXPECT_TRUE(at_start.is_high_water_mark());
  const storage::Position other = log.insert("db.other", R"({"_id": 1})");
  EXPECT_TRUE(log.drain(*stream).empty());
  const model::ResumeToken later = stream->post_batch_token();
  EXPECT_TRUE(later.is_high_water_mark());
  EXPECT_GT(later.time, other);
  log.insert("db.c", R"({"_id": 1})");
  for (const model::ResumeToken& token : {at_start, later}) {
    EXPECT_EQ(log.drain(*log.open_after(kColl, "resumeAfter", token)).size(), 1U);
  }
}

TEST(ChangeStreamTest, RefusesTokensThatAreNoEventsOfTheStream) {
  TestLog log;
  const auto stream = log.open(kDb, kPlain);
  log.insert("db.other", R"({"_id": 1})");
  const auto events = log.drain(*stream);
  const auto expect_fatal = [&](const model::ResumeToken& token) {
    try {
      log.open_after(kColl, "resumeAfter", token);
      FAIL() << token.data();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::ChangeStreamFatalError);
      EXPECT_EQ(error.labels(), std::vector<std::string>{"NonResumableChangeStreamError"});
      EXPECT_NE(error.message().find("resume token"), std::string::npos);
      EXPECT_NE(error.message().find("not found"), std::string::npos);
    }
  };
  EXPECT_EQ(code_of([&] { log.open_after(kColl, "resumeAfter", token_of(events[0])); }),
            ErrorCode::InvalidResumeToken)
      << "another collection's";
  model::ResumeToken no_such = token_of(events[0]);
  no_such.index = 7;
  expect_fatal(no_such);
  no_such.time = model::ClusterTime(1, 1);
  expect_fatal(no_such);
  no_such.time = model::ClusterTime(4'000'000'000U, 1);
  expect_fatal(no_such);
  EXPECT_EQ(code_of([&] {
              log.open({"db", "view"}, kPlain);
            }),
            ErrorCode::CommandNotSupportedOnView);
}

TEST(ChangeStreamTest, HidesImagesThatAreTooOld) {
  TestLog log;
  const auto stream = log.open(kColl, R"([{"$changeStream": {"fullDocument": "whenAvailable",
                                          "fullDocumentBeforeChange": "whenAvailable"}}])");
  const std::string image = testing::json(R"({"_id": 1, "a": 1})");
  const std::string delta = R"({"$v": 2, "diff": {"u": {"a": 2}}})";
  log.write(TestLog::one(log.update_entry("db.c", R"({"_id": 1})", delta, image)));
  const auto shown = log.drain(*stream);
  EXPECT_EQ(bson::View(shown[0])["fullDocument"].as_document()["a"].as_int32(), 2);
  EXPECT_EQ(bson::View(shown[0])["fullDocumentBeforeChange"].as_document()["a"].as_int32(), 1);
  log.lookup.shows_images = false;
  log.write(TestLog::one(log.update_entry("db.c", R"({"_id": 1})", delta, image)));
  const auto hidden = log.drain(*stream);
  EXPECT_EQ(bson::View(hidden[0])["fullDocument"].type(), bson::Type::Null);
  EXPECT_EQ(bson::View(hidden[0])["fullDocumentBeforeChange"].type(), bson::Type::Null);
}

TEST(ChangeStreamTest, LooksUpTheDocumentAsItIsNow) {
  TestLog log;
  const auto stream = log.open(kColl, R"([{"$changeStream": {"fullDocument": "updateLookup"}}])");
  log.write(TestLog::one(
      log.update_entry("db.c", R"({"_id": 1})", R"({"$v": 2, "diff": {"u": {"a": 1}}})")));
  log.write(TestLog::one(
      log.update_entry("db.c", R"({"_id": 2})", R"({"$v": 2, "diff": {"u": {"a": 1}}})")));
  log.lookup.documents.emplace_back(kColl, testing::json(R"({"_id": 1, "now": true})"));
  const auto events = log.drain(*stream);
  ASSERT_EQ(types_of(events), "update update");
  EXPECT_EQ(field_names(bson::View(events[0])),
            "_id operationType clusterTime wallTime fullDocument ns documentKey updateDescription");
  EXPECT_TRUE(bson::View(events[0])["fullDocument"].as_document()["now"].as_bool());
  EXPECT_EQ(bson::View(events[1])["fullDocument"].type(), bson::Type::Null);
}

TEST(ChangeStreamTest, ShowsImagesWhereTheLogKeptThem) {
  TestLog log;
  const auto stream = log.open(kColl, R"([{"$changeStream": {"fullDocument": "whenAvailable",
                                    "fullDocumentBeforeChange": "whenAvailable"}}])");
  const auto strict = log.open(kColl, R"([{"$changeStream": {"fullDocument": "required"}}])");
  const std::string delta = R"({"$v": 2, "diff": {"u": {"a": 2}}})";
  log.write(TestLog::one(
      log.update_entry("db.c", R"({"_id": 1})", delta, testing::json(R"({"_id": 1, "a": 1})"))));
  log.write(TestLog::one(log.update_entry("db.c", R"({"_id": 1})", delta)));
  const auto events = log.drain(*stream);
  ASSERT_EQ(types_of(events), "update update");
  const bson::View with_images(events[0]);
  EXPECT_EQ(with_images["fullDocument"].as_document()["a"].as_int32(), 2);
  EXPECT_EQ(with_images["fullDocumentBeforeChange"].as_document()["a"].as_int32(), 1);
  EXPECT_EQ(bson::View(events[1])["fullDocument"].type(), bson::Type::Null);
  EXPECT_EQ(code_of([&] { log.drain(*strict); }), ErrorCode::NoMatchingDocument);
}

TEST(ChangeStreamTest, RunsItsStagesAndGuardsTheToken) {
  TestLog log;
  const auto matching =
      log.open(kColl, R"([{"$changeStream": {}}, {"$match": {"fullDocument.a": {"$gt": 1}}},
                 {"$project": {"operationType": 1}}])");
  const auto without_id = log.open(kColl, R"([{"$changeStream": {}}, {"$project": {"_id": 0}}])");
  const auto changed_id = log.open(kColl, R"([{"$changeStream": {}}, {"$addFields": {"_id": 1}}])");
  log.insert("db.c", R"({"_id": 1, "a": 1})");
  log.insert("db.c", R"({"_id": 2, "a": 2})");
  const auto events = log.drain(*matching);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(field_names(bson::View(events[0])), "_id operationType");
  for (ChangeStream* stream : {without_id.get(), changed_id.get()}) {
    EXPECT_EQ(code_of([&] { log.drain(*stream); }), ErrorCode::ChangeStreamFatalError);
  }
}

TEST(ChangeStreamTest, AnInvalidateEndsTheStreamThoughAStageDropsTheEvent) {
  TestLog log;
  const auto stream =
      log.open(kColl, R"([{"$changeStream": {}}, {"$match": {"operationType": "insert"}}])");
  log.command("db", R"({"drop": "c"})");
  Collected events;
  EXPECT_EQ(log.fill(*stream, events), StreamFill::Closed);
  EXPECT_TRUE(events.events.empty());
  EXPECT_TRUE(stream->post_batch_token().from_invalidate);
}

TEST(ChangeStreamTest, RefusesStagesWithMongosCodes) {
  TestLog log;
  const auto code = [&](const std::string& stage) {
    return static_cast<int>(
        code_of([&] { log.open(kColl, "[{\"$changeStream\": {}}, " + stage + "]"); }));
  };
  EXPECT_EQ(code(R"({"$group": {"_id": null}})"), 20);
  EXPECT_EQ(code(R"({"$out": "x"})"), 20);
  EXPECT_EQ(code(R"({"$bogus": 1})"), 40324);
  EXPECT_EQ(code(R"({"$changeStream": {}})"), 40602);
  EXPECT_EQ(code("{}"), 40323);
  EXPECT_EQ(code(R"({"$changeStreamSplitLargeEvent": {}})"), 0);
}

TEST(ChangeStreamTest, SplitsOrRefusesAnEventThatIsTooLarge) {
  TestLog log;
  const auto plain =
      log.open(kColl, R"([{"$changeStream": {"fullDocumentBeforeChange": "whenAvailable"}}])");
  const auto split =
      log.open(kColl, R"([{"$changeStream": {"fullDocumentBeforeChange": "whenAvailable"}},
                 {"$changeStreamSplitLargeEvent": {}}])");
  const std::string large(9 << 20, 'x');
  log.write(
      TestLog::one(log.update_entry("db.c", R"({"_id": 1})", R"({"_id": 1, "x": ")" + large + "\"}",
                                    testing::json(R"({"_id": 1, "x": ")" + large + "\"}"))));
  log.insert("db.c", R"({"_id": 2})");
  EXPECT_EQ(code_of([&] { log.drain(*plain); }), ErrorCode::BSONObjectTooLarge);
  const auto events = log.drain(*split, 1);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(bson::View(events[0])["splitEvent"].as_document()["of"].as_int32(), 2);
  EXPECT_EQ(bson::View(events[1])["splitEvent"].as_document()["fragment"].as_int32(), 2);
  const std::string resumed = R"([{"$changeStream": {"fullDocumentBeforeChange": "whenAvailable",
                               "resumeAfter": {"_data": ")" +
                              token_of(events[0]).data() +
                              R"("}}}, {"$changeStreamSplitLargeEvent": {}}])";
  const auto rest = log.drain(*log.open(kColl, resumed));
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0], events[1]);
  EXPECT_EQ(rest[1], events[2]);
}

TEST(ChangeStreamTest, DescribesDdlWhenAskedTo) {
  TestLog log;
  const auto stream = log.open(kDb, R"([{"$changeStream": {"showExpandedEvents": true}}])");
  log.command("db", R"({"create": "c", "capped": true})");
  log.command("db", R"({"createIndexes": "c", "v": 2, "key": {"a": 1}, "name": "a_1"})");
  log.insert("db.c", R"({"_id": 1})");
  const auto events = log.drain(*stream);
  ASSERT_EQ(types_of(events), "create createIndexes insert");
  EXPECT_EQ(field_names(bson::View(events[0])),
            "_id operationType clusterTime collectionUUID wallTime ns operationDescription");
  const bson::View described = bson::View(events[1])["operationDescription"].as_document();
  EXPECT_EQ(bson::to_json(described),
            bson::to_json(bson::View(
                testing::json(R"({"indexes": [{"v": 2, "key": {"a": 1}, "name": "a_1"}]})"))));
  EXPECT_FALSE(bson::View(events[2])["collectionUUID"].missing());
}

}  // namespace
}  // namespace freshet::stream
