// SPDX-License-Identifier: Apache-2.0
#include "query/collation.h"

#include <gtest/gtest.h>

#include "query/matcher.h"
#include "query/test_support.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;

TEST(Collation, SimpleIsNone) {
  EXPECT_EQ(parse_collation(bson::View()), nullptr);
  EXPECT_EQ(parse_collation(Doc(R"({"locale": "simple"})").view()), nullptr);
}

TEST(Collation, ReportsEveryDefault) {
  const auto collation = parse_collation(Doc(R"({"locale": "en", "strength": 2})").view());
  EXPECT_EQ(bson::to_json(collation->spec()),
            test::norm(R"({"locale": "en", "caseLevel": false, "caseFirst": "off", "strength": 2,
                           "numericOrdering": false, "alternate": "non-ignorable", "maxVariable": "punct",
                           "normalization": false, "backwards": false, "version": "57.1"})"));
}

TEST(Collation, ComparesAndKeysAgree) {
  const auto collation =
      parse_collation(Doc(R"({"locale": "en", "strength": 1, "numericOrdering": true})").view());
  EXPECT_EQ(collation->compare("résumé", "RESUME"), 0);
  EXPECT_EQ(collation->sort_key("résumé"), collation->sort_key("RESUME"));
  EXPECT_LT(collation->compare("item 9", "item 10"), 0);
  EXPECT_LT(collation->sort_key("item 9"), collation->sort_key("item 10"));
  EXPECT_EQ(collation->sort_key("").size(), collation->sort_key("").size());
}

TEST(Collation, FiltersUseIt) {
  const auto collation = parse_collation(Doc(R"({"locale": "en", "strength": 2})").view());
  QueryContext context;
  context.collation = collation.get();
  EXPECT_TRUE(Matcher(Doc(R"({"a": {"$in": ["B", "ABC"]}})").view(), context)
                  .matches(Doc(R"({"a": "abc"})").view()));
  EXPECT_FALSE(Matcher(Doc(R"({"a": {"$regex": "ABC"}, "b": null})").view(), context)
                   .matches(Doc(R"({"a": "abc"})").view()));
}

TEST(Collation, RefusesWithCodes) {
  const auto code = [](std::string_view spec) {
    return code_of([&] { parse_collation(Doc(spec).view()); });
  };
  EXPECT_EQ(code(R"({"strength": 2})"), 40414);
  EXPECT_EQ(code(R"({"locale": "xx_nowhere"})"), 2);
  EXPECT_EQ(code(R"({"locale": "en", "strength": 6})"), 2);
  EXPECT_EQ(code(R"({"locale": "en", "strength": "x"})"), 14);
  EXPECT_EQ(code(R"({"locale": "en", "bogus": 1})"), 40415);
  EXPECT_EQ(code(R"({"locale": "en", "version": "1"})"), 161);
}

}  // namespace
}  // namespace freshet::query
