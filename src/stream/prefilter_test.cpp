// SPDX-License-Identifier: Apache-2.0
#include "stream/prefilter.h"

#include <gtest/gtest.h>

#include "bson/json.h"

namespace freshet::stream {
namespace {

bool admits(const std::string& filter, ChangeKind kind, std::string_view db,
            std::string_view coll) {
  Prefilter prefilter;
  const std::string bytes = bson::from_json(filter);
  prefilter.narrow(bson::View(bytes));
  return prefilter.admits({.kind = kind, .db = db, .coll = coll});
}

TEST(PrefilterTest, NarrowsByOperationType) {
  const std::string one = R"({"operationType": "insert"})";
  EXPECT_TRUE(admits(one, ChangeKind::Insert, "d", "c"));
  EXPECT_FALSE(admits(one, ChangeKind::Delete, "d", "c"));
  const std::string some = R"({"operationType": {"$in": ["insert", "update"]}})";
  EXPECT_TRUE(admits(some, ChangeKind::Update, "d", "c"));
  EXPECT_FALSE(admits(some, ChangeKind::Replace, "d", "c"));
  EXPECT_FALSE(admits(R"({"operationType": "bogus"})", ChangeKind::Insert, "d", "c"));
}

TEST(PrefilterTest, NarrowsByNamespace) {
  EXPECT_FALSE(admits(R"({"ns.coll": "x"})", ChangeKind::Insert, "d", "c"));
  EXPECT_TRUE(admits(R"({"ns.coll": {"$in": ["x", "c"]}})", ChangeKind::Insert, "d", "c"));
  EXPECT_FALSE(admits(R"({"ns.db": {"$eq": "e"}})", ChangeKind::Insert, "d", "c"));
  EXPECT_FALSE(admits(R"({"ns": {"db": "d", "coll": "x"}})", ChangeKind::Insert, "d", "c"));
  EXPECT_TRUE(
      admits(R"({"ns": {"$in": [{"db": "d", "coll": "c"}]}})", ChangeKind::Insert, "d", "c"));
  EXPECT_FALSE(admits(R"({"$and": [{"ns.db": "d"}, {"$and": [{"ns.coll": "x"}]}]})",
                      ChangeKind::Insert, "d", "c"));
}

TEST(PrefilterTest, LeavesToTheFilterWhatItDoesNotUnderstand) {
  for (const char* filter :
       {R"({"operationType": {"$ne": "insert"}})", R"({"operationType": {"$in": [null, "x"]}})",
        R"({"$or": [{"operationType": "x"}]})", R"({"ns.coll": {"$regularExpression":
        {"pattern": "x", "options": ""}}})",
        R"({"ns": {"coll": "x"}})", R"({"operationType": null})"}) {
    EXPECT_TRUE(admits(filter, ChangeKind::Insert, "d", "c")) << filter;
  }
}

}  // namespace
}  // namespace freshet::stream
