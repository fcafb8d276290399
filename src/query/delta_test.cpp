// SPDX-License-Identifier: Apache-2.0
#include "query/delta.h"

#include <gtest/gtest.h>

#include "query/test_support.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;
using test::json;
using test::norm;

TEST(Delta, TakesTheShorterWay) {
  const auto diff = make_diff(
      Doc(R"({"_id": 1, "p": {"a": 1, "b": 2, "c": 3}, "long": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})")
          .view(),
      Doc(R"({"_id": 1, "p": {"c": 3}, "long": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})").view());
  ASSERT_TRUE(diff);
  EXPECT_EQ(json(*diff), norm(R"({"u": {"p": {"c": 3}}})"));
}

TEST(Delta, ShortensArrays) {
  const std::string pad = R"("pad": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")";
  const Doc before(
      R"({"_id": 1, )" + pad +
      R"(, "a": [{"x": 1, "y": "0123456789012345678901234567890123456789"}, 2, 3, 4]})");
  const Doc after(R"({"_id": 1, )" + pad +
                  R"(, "a": [{"x": 2, "y": "0123456789012345678901234567890123456789"}, 2]})");
  const auto diff = make_diff(before.view(), after.view());
  ASSERT_TRUE(diff);
  EXPECT_EQ(json(*diff), norm(R"({"sa": {"a": true, "l": 2, "s0": {"u": {"x": 2}}}})"));
  EXPECT_EQ(
      json(describe_diff(bson::View(*diff), false)),
      norm(
          R"({"updatedFields": {"a.0.x": 2}, "removedFields": [], "truncatedArrays": [{"field": "a", "newSize": 2}]})"));
}

TEST(Delta, GivesUpWhenTheDocumentIsShorter) {
  EXPECT_FALSE(make_diff(Doc(R"({"_id": 1, "a": 1})").view(), Doc(R"({"_id": 1, "b": 2})").view()));
}

TEST(Delta, DisambiguatesPaths) {
  const Doc diff(
      R"({"u": {"home.town": 1, "0": 2}, "sa": {"a": true, "u1": 3, "s0": {"u": {"0": 4}, "d": {"01": false}}}})");
  EXPECT_EQ(
      json(describe_diff(diff.view(), true)),
      norm(
          R"({"updatedFields": {"home.town": 1, "0": 2, "a.1": 3, "a.0.0": 4}, "removedFields": ["a.0.01"],
                     "truncatedArrays": [],
                     "disambiguatedPaths": {"home.town": ["home.town"], "a.0.0": ["a", 0, "0"]}})"));
}

TEST(Delta, RefusesWhatDoesNotFit) {
  const Doc document(R"({"_id": 1, "a": [1], "b": 1})");
  const auto code = [&document](std::string_view diff) {
    return code_of([&] { apply_diff(document.view(), Doc(diff).view()); });
  };
  EXPECT_EQ(code(R"({"u": {"missing": 1}})"), 1);
  EXPECT_EQ(code(R"({"sb": {"u": {"x": 1}}})"), 1);
  EXPECT_EQ(code(R"({"sa": {"a": true, "s7": {"u": {"x": 1}}}})"), 1);
  EXPECT_EQ(code(R"({"z": 1})"), 1);
  EXPECT_EQ(json(apply_diff(document.view(), Doc(R"({"sa": {"a": true, "u3": 9}})").view())),
            norm(R"({"_id": 1, "a": [1, null, null, 9], "b": 1})"));
}

}  // namespace
}  // namespace freshet::query
