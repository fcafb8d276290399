// SPDX-License-Identifier: Apache-2.0
#include "query/matcher.h"

#include <gtest/gtest.h>

#include <string>

#include "bson/builder.h"
#include "query/match_node.h"
#include "query/regex.h"
#include "query/test_support.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;

bool matches(std::string_view filter, std::string_view document) {
  return Matcher(Doc(filter).view(), QueryContext{}).matches(Doc(document).view());
}

std::optional<std::size_t> position(std::string_view filter, std::string_view document) {
  MatchDetails details;
  Matcher(Doc(filter).view(), QueryContext{}).matches(Doc(document).view(), &details);
  return details.array_index;
}

TEST(Matcher, NullMatchesMissingButNotUndefined) {
  EXPECT_TRUE(matches(R"({"a": null})", R"({})"));
  EXPECT_TRUE(matches(R"({"a": null})", R"({"a": null})"));
  EXPECT_FALSE(matches(R"({"a": null})", R"({"a": {"$undefined": true}})"));
  EXPECT_FALSE(matches(R"({"a.b": null})", R"({"a": [1, 2]})"));
  EXPECT_TRUE(matches(R"({"a.b": null})", R"({"a": 1})"));
}

TEST(Matcher, PathsOpenArraysAndTakeIndexes) {
  EXPECT_TRUE(matches(R"({"a.b": 2})", R"({"a": [{"b": 1}, {"b": 2}]})"));
  EXPECT_TRUE(matches(R"({"a.1.b": 2})", R"({"a": [{"b": 1}, {"b": 2}]})"));
  EXPECT_FALSE(matches(R"({"a.01.b": 2})", R"({"a": [{"b": 1}, {"b": 2}]})"));
  EXPECT_FALSE(matches(R"({"a": 1})", R"({"a": [[1]]})"));
  EXPECT_TRUE(matches(R"({"a": [1]})", R"({"a": [[1]]})"));
}

TEST(Matcher, ComparisonsStayInTheirType) {
  EXPECT_FALSE(matches(R"({"a": {"$gt": 1}})", R"({"a": "x"})"));
  EXPECT_FALSE(matches(R"({"a": {"$lt": 5}})", R"({"a": {"$numberDouble": "NaN"}})"));
  EXPECT_TRUE(matches(R"({"a": {"$gte": {"$numberDouble": "NaN"}}})",
                      R"({"a": {"$numberDouble": "NaN"}})"));
  EXPECT_TRUE(matches(R"({"a": {"$lt": {"$maxKey": 1}}})", R"({"a": "x"})"));
}

TEST(Matcher, PositionIsThatOfTheOutermostOpenedArray) {
  EXPECT_EQ(position(R"({"a": 3})", R"({"a": [1, 3]})"), 1U);
  EXPECT_EQ(position(R"({"a.b": 3})", R"({"a": [{"b": [0, 1]}, {"b": [0, 3]}]})"), 1U);
  EXPECT_EQ(position(R"({"a": {"$elemMatch": {"b": 2}}})", R"({"a": [{"b": 1}, {"b": 2}]})"), 1U);
  EXPECT_EQ(position(R"({"a.1": 3})", R"({"a": [1, 3]})"), std::nullopt);
  EXPECT_EQ(position(R"({"a": 3, "b": 1})", R"({"a": [3], "b": 2})"), std::nullopt);
}

TEST(Matcher, FlattensNestedAnd) {
  const Matcher matcher(Doc(R"({"a": 1, "$and": [{"b": 2}, {"c": 3, "d": 4}]})").view(),
                        QueryContext{});
  ASSERT_EQ(matcher.root().kind(), MatchKind::And);
  EXPECT_EQ(static_cast<const ListNode&>(matcher.root()).children().size(), 4U);
  EXPECT_TRUE(Matcher(Doc("{}").view(), QueryContext{}).always_true());
}

TEST(Matcher, RefusesWithCodes) {
  const auto code = [](std::string_view filter) {
    return code_of([&] { Matcher(Doc(filter).view(), QueryContext{}); });
  };
  EXPECT_EQ(code(R"({"$bad": 1})"), 2);
  EXPECT_EQ(code(R"({"a": {"$bad": 1}})"), 2);
  EXPECT_EQ(code(R"({"a": {"$size": "x"}})"), 2);
  EXPECT_EQ(code(R"({"a": {"$regex": "("}, "b": 1})"), 51091);
  EXPECT_EQ(code(R"({"$text": {"$search": "a"}})"), 2);
  EXPECT_EQ(code(R"({"a": {"$elemMatch": {"$expr": true}}})"), 2);
}

TEST(Matcher, RefusesBottomlessNesting) {
  bson::Builder out;
  for (int i = 0; i < 300; ++i)
    out.open_array("$and").push_document();
  for (int i = 0; i < 300; ++i)
    out.close().close();
  const std::string bytes = out.take();
  EXPECT_EQ(code_of([&] { Matcher(bson::View(bytes), QueryContext{}); }), 2);
}

TEST(Regex, LookAheadOptionsAndLimits) {
  EXPECT_TRUE(Regex("^(?!foo)b", "").matches("bar"));
  EXPECT_TRUE(Regex("É", "i").matches("é"));
  EXPECT_FALSE(Regex("a", "").matches("\xff\xfe"));
  EXPECT_EQ(code_of([] { Regex("a", "g"); }), 51108);
  EXPECT_EQ(code_of([] { Regex("(a+)+$", "").matches(std::string(4000, 'a') + "b"); }), 51156);
}

TEST(Regex, LiteralPrefix) {
  EXPECT_EQ(Regex("^abc", "").literal_prefix(), "abc");
  EXPECT_EQ(Regex("^ab*", "").literal_prefix(), "a");
  EXPECT_EQ(Regex("^a\\.b[x]", "").literal_prefix(), "a.b");
  EXPECT_EQ(Regex("abc", "").literal_prefix(), "");
  EXPECT_EQ(Regex("^abc", "i").literal_prefix(), "");
  EXPECT_EQ(Regex("^a|b", "").literal_prefix(), "");
}

}  // namespace
}  // namespace freshet::query
