// SPDX-License-Identifier: Apache-2.0
#include "query/sort.h"

#include <gtest/gtest.h>

#include "query/collation.h"
#include "query/test_support.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;

std::string key(std::string_view pattern, std::string_view document) {
  return SortPattern(Doc(pattern).view()).key(Doc(document).view());
}

TEST(Sort, ArraysGiveTheirExtreme) {
  EXPECT_EQ(key(R"({"a": 1})", R"({"a": [3, 1, 2]})"), key(R"({"a": 1})", R"({"a": 1})"));
  EXPECT_EQ(key(R"({"a": -1})", R"({"a": [3, 1, 2]})"), key(R"({"a": -1})", R"({"a": 3})"));
  EXPECT_LT(key(R"({"a": 1})", R"({"a": []})"), key(R"({"a": 1})", R"({"a": null})"));
  EXPECT_EQ(key(R"({"a": 1})", R"({})"), key(R"({"a": 1})", R"({"a": null})"));
}

TEST(Sort, CompoundPathsStayInOneElement) {
  const std::string_view pattern = R"({"a.b": 1, "a.c": 1})";
  EXPECT_EQ(key(pattern, R"({"a": [{"b": 2, "c": 1}, {"b": 1, "c": 9}]})"),
            key(pattern, R"({"a": {"b": 1, "c": 9}})"));
}

TEST(Sort, RefusesWithCodes) {
  const auto code = [](std::string_view pattern) {
    return code_of([&] { SortPattern(Doc(pattern).view()); });
  };
  EXPECT_EQ(code(R"({"a": "x"})"), 15974);
  EXPECT_EQ(code(R"({"a": 2})"), 15975);
  EXPECT_EQ(code(R"({"a.": 1})"), 40353);
  EXPECT_EQ(code(R"({"": 1})"), 40352);
  EXPECT_EQ(code(R"({"$a": 1})"), 16410);
  EXPECT_EQ(code_of([] { key(R"({"a": 1, "b": 1})", R"({"a": [1], "b": [2]})"); }), 2);
}

}  // namespace
}  // namespace freshet::query
