// SPDX-License-Identifier: Apache-2.0
#include "query/projection.h"

#include <gtest/gtest.h>

#include "query/field_setter.h"
#include "query/test_support.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;
using test::json;
using test::norm;

std::string project(std::string_view spec, std::string_view document,
                    ProjectionKind kind = ProjectionKind::Find, std::string_view filter = "{}") {
  const QueryContext context;
  const Matcher matcher(Doc(filter).view(), context);
  return json(
      Projection(Doc(spec).view(), kind, context, &matcher).apply(Doc(document).view(), context));
}

TEST(Projection, InclusionKeepsDocumentOrder) {
  EXPECT_EQ(project(R"({"c": 1, "a": 1})", R"({"_id": 1, "a": 2, "b": 3, "c": 4})"),
            norm(R"({"_id": 1, "a": 2, "c": 4})"));
  EXPECT_EQ(
      project(R"({"o.x": 1, "_id": 0})", R"({"_id": 1, "o": [{"x": 1, "y": 2}, 5, [{"x": 9}]]})"),
      norm(R"({"o": [{"x": 1}, [{"x": 9}]]})"));
}

TEST(Projection, ExclusionGoesThroughArrays) {
  EXPECT_EQ(project(R"({"o": {"x": 0}})", R"({"_id": 1, "o": [{"x": 1, "y": 2}, 5]})"),
            norm(R"({"_id": 1, "o": [{"y": 2}, 5]})"));
}

TEST(Projection, ComputedFieldsFollowInSpecificationOrder) {
  EXPECT_EQ(
      project(R"({"z": "$a", "y": {"$add": ["$a", 1]}, "b": 1})", R"({"_id": 1, "a": 2, "b": 3})"),
      norm(R"({"_id": 1, "b": 3, "z": 2, "y": 3})"));
  EXPECT_EQ(project(R"({"t.y": "$i"})", R"({"_id": 1, "i": "a", "t": [1, {"z": 1}]})",
                    ProjectionKind::Aggregate),
            norm(R"({"_id": 1, "t": [{"y": "a"}, {"y": "a"}]})"));
}

TEST(Projection, SliceElemMatchPositional) {
  EXPECT_EQ(project(R"({"l": {"$slice": [-3, 2]}})", R"({"_id": 1, "l": [1, 2, 3, 4, 5]})"),
            norm(R"({"_id": 1, "l": [3, 4]})"));
  EXPECT_EQ(project(R"({"l": {"$elemMatch": {"$gt": 2}}, "a": 1})",
                    R"({"_id": 1, "l": [1, 3, 4], "a": 0})"),
            norm(R"({"_id": 1, "a": 0, "l": [3]})"));
  EXPECT_EQ(project(R"({"l.$": 1})", R"({"_id": 1, "l": [1, 3, 4]})", ProjectionKind::Find,
                    R"({"l": {"$gt": 2}})"),
            norm(R"({"_id": 1, "l": [3]})"));
}

TEST(Projection, RefusesWithCodes) {
  const auto code = [](std::string_view spec, ProjectionKind kind) {
    return code_of([&] { Projection(Doc(spec).view(), kind, QueryContext{}); });
  };
  EXPECT_EQ(code(R"({"a": 1, "a.b": 1})", ProjectionKind::Find), 31249);
  EXPECT_EQ(code(R"({"a.b": 1, "a": 1})", ProjectionKind::Find), 31250);
  EXPECT_EQ(code(R"({"a": 0, "b": 1})", ProjectionKind::Find), 31253);
  EXPECT_EQ(code(R"({"a": 1, "b": 0})", ProjectionKind::Aggregate), 31254);
  EXPECT_EQ(code(R"({"a": {}})", ProjectionKind::Find), 51270);
  EXPECT_EQ(code(R"({})", ProjectionKind::Aggregate), 51272);
  EXPECT_EQ(code(R"({"a": {"$bogus": 1}})", ProjectionKind::Find), 31325);
  EXPECT_EQ(code(R"({"a.$.b": 1})", ProjectionKind::Find), 31394);
  EXPECT_EQ(code(R"({"a.$": 1})", ProjectionKind::Find), 31277);
  EXPECT_EQ(code(R"({"a.$": 1})", ProjectionKind::Aggregate), 16410);
}

TEST(Projection, SaysWhatItIncludes) {
  const Projection plain(Doc(R"({"a": 1, "b": 1, "_id": 0})").view(), ProjectionKind::Find,
                         QueryContext{});
  EXPECT_EQ(plain.included_paths(), (std::set<std::string>{"a", "b"}));
  const Projection without(Doc(R"({"a": 0})").view(), ProjectionKind::Find, QueryContext{});
  EXPECT_TRUE(without.is_exclusion());
  EXPECT_TRUE(without.included_paths().empty());
}

TEST(FieldSetter, SetsInPlaceAppendsAndRemoves) {
  const QueryContext context;
  const FieldSetter setter(Doc(R"({"b": 9, "d.x": "$a", "n": {"m": 1}, "a": "$$REMOVE"})").value(),
                           context);
  EXPECT_EQ(json(setter.apply(Doc(R"({"_id": 1, "a": 2, "b": 3, "d": {"r": 1}})").view(), context)),
            norm(R"({"_id": 1, "b": 9, "d": {"r": 1, "x": 2}, "n": {"m": 1}})"));
}

TEST(FieldSetter, RefusesWithCodes) {
  const auto code = [](std::string_view spec) {
    return code_of([&] { FieldSetter(Doc(spec).value(), QueryContext{}); });
  };
  EXPECT_EQ(code("{}"), 40177);
  EXPECT_EQ(code(R"({"a": 1, "a.b": 2})"), 40176);
  EXPECT_EQ(code(R"({"$a": 1})"), 16410);
  EXPECT_EQ(code(R"({"a": {"$bogus": 1}})"), 168);
}

}  // namespace
}  // namespace freshet::query
