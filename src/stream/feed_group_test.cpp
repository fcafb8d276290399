// SPDX-License-Identifier: Apache-2.0
// The index over filters names those whose values or ranges a write has, and nobody else.
#include "stream/feed_group.h"

#include <gtest/gtest.h>

#include "stream/feed_group_testing.h"

namespace freshet::stream {
namespace {

TEST(FeedGroupTest, AsksOnlyWhoWantsTheValue) {
  Feeds feeds;
  for (int i = 0; i < 1'000; ++i)
    feeds.add(define("{\"fullDocument.k\": " + std::to_string(i) + "}"));
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 7})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 7.0})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": [7, 8, -1]})"), 2U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": "7"})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1})"), 0U);
}

TEST(FeedGroupTest, AsksOnlyOneOfManyKindsOfFilters) {
  Feeds feeds;
  for (
      const char* filter :
      {R"({"operationType": "delete"})", R"({"documentKey._id": 2})",
       R"({"operationType": "insert", "fullDocument.a.b": {"$in": [1, "x"]}})",
       R"({"$or": [{"fullDocument.a": 1}, {"documentKey._id": {"$eq": 5}}]})",
       R"({"$expr": {"$eq": ["$fullDocument.z", 1]}})",
       R"({"$expr": {"$and": [{"$gt": ["$fullDocument.q", 1]}, {"$in": ["$fullDocument.z", [1]]}]}})",
       R"({"updateDescription.updatedFields.a": 3})"}) {
    ASSERT_TRUE(feeds.add(define(filter)).definition()->anchors()) << filter;
  }
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "a": 2})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 2, "a": 2})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 5, "a": {"b": "x"}})"), 2U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "a": 1})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "z": 1})"), 2U);
}

TEST(FeedGroupTest, AsksOnlyWhoseRangeHasTheValue) {
  Feeds feeds;
  for (int i = 0; i < 1'000; ++i) {
    feeds.add(define("{\"fullDocument.k\": {\"$gte\": " + std::to_string(i) +
                     ", \"$lt\": " + std::to_string(i + 1) + "}}"));
  }
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 7})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 7.5})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": -0.5})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": "7"})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": null})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": {"$numberDouble": "NaN"}})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1})"), 0U);
  // One element may be above the one bound and another below the other.
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": [5, 9, "x"]})"), 5U);
}

TEST(FeedGroupTest, AsksOnlyOneOfManyKindsOfRanges) {
  Feeds feeds;
  for (
      const char* filter :
      {R"({"fullDocument.a": {"$gt": 5}})", R"({"fullDocument.s": {"$regex": "^ab"}})",
       R"({"fullDocument.s": {"$in": [{"$regularExpression": {"pattern": "^x", "options": "s"}}]}})",
       R"({"fullDocument.s": {"$gte": "p", "$lt": "q"}})",
       R"({"$expr": {"$lt": [10, "$fullDocument.b"]}})",
       R"({"$expr": {"$and": [{"$gte": ["$fullDocument.c", 1]}, {"$lt": ["$fullDocument.c", 3]}]}})",
       R"({"$or": [{"fullDocument.d": {"$lt": 0}}, {"fullDocument.d": {"$gt": 100}}]})",
       R"({"fullDocument.e": {"$elemMatch": {"$gt": 1, "$lt": 2}}})",
       R"({"documentKey._id": {"$lte": -1}, "fullDocument.f": {"$exists": true}})"}) {
    ASSERT_TRUE(feeds.add(define(filter)).definition()->anchors()) << filter;
  }
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "a": 5, "b": 10, "c": 0, "d": 0, "s": "a"})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "a": 6})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "s": "abc"})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "s": ["b", "px"]})"), 1U);
  EXPECT_EQ(
      found_for(feeds,
                R"({"_id": 1, "s": {"$regularExpression": {"pattern": "^ab", "options": ""}}})"),
      1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "b": "a string is more than any number"})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "b": [1]})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "c": 2})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "c": [2]})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "d": [1, -1]})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "e": [1.5]})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": -1})"), 1U);
}

TEST(FeedGroupTest, AsksNobodyWhoWantsAnotherOperation) {
  Feeds feeds;
  feeds.add(define(R"({"operationType": "delete", "documentKey._id": {"$gt": 0}})"));
  feeds.add(define(R"({"operationType": "insert", "documentKey._id": {"$gt": 5}})"));
  feeds.add(define(R"({"operationType": "drop", "ns.coll": "c"})"));
  EXPECT_EQ(found_for(feeds, R"({"_id": 1})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 6})"), 1U);
}

TEST(FeedGroupTest, AsksWhoTellsNeitherByValuesNorByRanges) {
  for (const char* filter :
       {"{}",
        R"({"fullDocument.a": null})",
        R"({"fullDocument.a": {"$in": [1, null]}})",
        R"({"fullDocument.a": {"$gte": null}})",
        R"({"fullDocument.a": {"$ne": 1}})",
        R"({"fullDocument.a": {"$lt": {"$maxKey": 1}}})",
        R"({"fullDocument.a": {"$gt": [1]}})",
        R"({"fullDocument.a": {"$regex": "b"}})",
        R"({"fullDocument.a": {"$regex": "^b", "$options": "i"}})",
        R"({"fullDocument.a": {"$regex": "^a|b"}})",
        R"({"fullDocument.a": {"$not": {"$gt": 1}}})",
        R"({"fullDocument.a.0": {"$elemMatch": {"$gt": 1}}})",
        R"({"fullDocument.a": [1]})",
        R"({"fullDocument.a": {"b": 1}})",
        R"({"$or": [{"fullDocument.a": 1}, {"fullDocument.b": {"$exists": true}}]})",
        R"({"$nor": [{"fullDocument.a": 1}]})",
        R"({"$expr": {"$eq": ["$fullDocument.a", "$x"]}})",
        R"({"$expr": {"$lt": ["$fullDocument.a", null]}})",
        R"({"$expr": {"$lt": ["$collectionUUID", 1]}})",
        R"({"$expr": {"$eq": ["$$ROOT", 1]}})"}) {
    EXPECT_FALSE(define(filter)->anchors()) << filter;
  }
}

TEST(FeedGroupTest, AsksWhoComparesStringsUnderACollation) {
  const std::string collation = R"({"locale": "en", "strength": 1})";
  for (const char* filter : {R"({"fullDocument.a": "x"})", R"({"fullDocument.a": {"$gte": "x"}})",
                             R"({"$expr": {"$lt": ["$fullDocument.a", "x"]}})"}) {
    EXPECT_FALSE(define(filter, {}, collation)->anchors()) << filter;
  }
  EXPECT_TRUE(define(R"({"fullDocument.a": {"$gte": 1}})", {}, collation)->anchors());
  EXPECT_TRUE(define(R"({"fullDocument.a": {"$regex": "^x"}})", {}, collation)->anchors());
}

TEST(FeedGroupTest, AsksEverybodyAboutWhatEndsStreams) {
  Feeds feeds;
  feeds.add(define(R"({"fullDocument.k": 1})"));
  const std::string drop = bson::from_json(R"({"drop": "c"})");
  const commit::PendingEntry entry =
      oplog::make_command({}, "db", model::Uuid{"0123456789abcdef"}, bson::View(drop));
  EXPECT_EQ(feeds.find(oplog::EntryView::parse(entry.bytes)).size(), 1U);
}

TEST(FeedGroupTest, ForgetsWhoLeaves) {
  Feeds feeds;
  const char* filters[] = {R"({"fullDocument.k": {"$in": [1, 1.0, 2]}})",
                           R"({"fullDocument.k": 1})", "{}"};
  for (const char* filter : filters)
    feeds.add(define(filter));
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 2})"), 2U);
  feeds.group.remove(*feeds.all[0]);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 2})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 1})"), 2U);
  feeds.group.remove(*feeds.all[2]);
  feeds.group.remove(*feeds.all[1]);
  EXPECT_TRUE(feeds.group.empty());
}

TEST(FeedGroupTest, ForgetsRangesOfThoseWhoLeave) {
  Feeds feeds;
  for (const char* filter :
       {R"({"fullDocument.k": {"$gt": 1}})", R"({"fullDocument.k": {"$gt": 1}, "x": null})",
        R"({"fullDocument.k": {"$in": [2, {"$regularExpression": {"pattern": "^a", "options": ""}},
            {"$regularExpression": {"pattern": "^a.", "options": ""}}]}})",
        R"({"$expr": {"$lte": ["$fullDocument.k", 5]}})"}) {
    feeds.add(define(filter));
  }
  const auto found = [&] { return found_for(feeds, R"({"_id": 1, "k": [2, "abc"]})"); };
  EXPECT_EQ(found(), 5U);  // the third twice by its prefixes and once by value, not the last
  feeds.group.remove(*feeds.all[2]);
  EXPECT_EQ(found(), 2U);
  feeds.group.remove(*feeds.all[0]);
  EXPECT_EQ(found(), 1U);
  feeds.group.remove(*feeds.all[3]);
  feeds.group.remove(*feeds.all[1]);
  EXPECT_TRUE(feeds.group.empty());
}

}  // namespace
}  // namespace freshet::stream
