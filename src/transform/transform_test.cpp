// SPDX-License-Identifier: Apache-2.0
#include "transform/transform.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "bson/json.h"

namespace freshet::transform {
namespace {

using bson::from_json;
using bson::View;

std::string run(std::string_view stage, std::string_view document) {
  query::QueryContext context;
  const std::string stage_bytes = from_json(stage);
  const std::string document_bytes = from_json(document);
  const bson::Element body = *View(stage_bytes).begin();
  try {
    const TransformPtr transform = parse_transform(body.name(), body, context);
    if (transform == nullptr) return "no transform";
    EXPECT_EQ(transform->name(), body.name());
    const Transform::Result result = transform->apply(View(document_bytes), context);
    if (!result.keep) return "dropped";
    return bson::to_json(result.document ? View(*result.document) : View(document_bytes));
  } catch (const Error& error) {
    return "error " + std::to_string(static_cast<int>(error.code()));
  }
}

TEST(Transform, EachStage) {
  EXPECT_EQ(run(R"({"$match": {"a": 1}})", R"({"a": 1})"), R"({ "a" : 1 })");
  EXPECT_EQ(run(R"({"$match": {"a": 1}})", R"({"a": 2})"), "dropped");
  EXPECT_EQ(run(R"({"$project": {"b": {"$add": ["$a", 1]}, "_id": 0}})", R"({"_id": 1, "a": 2})"),
            R"({ "b" : 3 })");
  EXPECT_EQ(run(R"({"$set": {"x.y": "$a"}})", R"({"a": 2})"), R"({ "a" : 2, "x" : { "y" : 2 } })");
  EXPECT_EQ(run(R"({"$unset": ["a", "b.c"]})", R"({"a": 2, "b": {"c": 1, "d": 2}})"),
            R"({ "b" : { "d" : 2 } })");
  EXPECT_EQ(run(R"({"$replaceRoot": {"newRoot": "$a"}})", R"({"a": {"b": 1}})"), R"({ "b" : 1 })");
  EXPECT_EQ(run(R"({"$replaceWith": "$b"})", R"({"a": {"b": 1}})"), "error 40228");
  EXPECT_EQ(run(R"({"$group": {"_id": 1}})", R"({})"), "no transform");
}

TEST(Transform, Redact) {
  const char* stage = R"({"$redact": {"$cond": [{"$eq": ["$level", 5]}, "$$PRUNE", "$$DESCEND"]}})";
  EXPECT_EQ(
      run(stage, R"({"level": 1, "a": {"level": 5}, "b": [{"level": 5}, {"c": {"level": 2}}, 7]})"),
      R"({ "level" : 1, "b" : [ { "c" : { "level" : 2 } }, 7 ] })");
  EXPECT_EQ(run(stage, R"({"level": 5})"), "dropped");
  EXPECT_EQ(run(R"({"$redact": "$$KEEP"})", R"({"a": 1})"), R"({ "a" : 1 })");
  EXPECT_EQ(run(R"({"$redact": 1})", R"({"a": 1})"), "error 17053");
}

TEST(Transform, BadSpecifications) {
  EXPECT_EQ(run(R"({"$match": 1})", "{}"), "error 15959");
  EXPECT_EQ(run(R"({"$project": 1})", "{}"), "error 15969");
  EXPECT_EQ(run(R"({"$set": 1})", "{}"), "error 40272");
  EXPECT_EQ(run(R"({"$unset": 1})", "{}"), "error 31002");
  EXPECT_EQ(run(R"({"$replaceRoot": {}})", "{}"), "error 40414");
}

}  // namespace
}  // namespace freshet::transform
