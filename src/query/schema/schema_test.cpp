// SPDX-License-Identifier: Apache-2.0
// Each keyword, what is refused, and how failures are told. Recorded filters with $jsonSchema are
// replayed elsewhere.
#include "query/schema/schema.h"

#include <gtest/gtest.h>

#include "query/matcher.h"
#include "query/test_support.h"
#include "query/validation_failure.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;
using test::norm;

bool matches(std::string_view schema, std::string_view document) {
  return Schema(Doc(schema).view()).matches(Doc(document).value());
}

int refused(std::string_view schema) {
  return code_of([&] { Schema(Doc(schema).view()); });
}

/// errInfo.details of a validator.
std::string details(std::string_view filter, std::string_view document) {
  const Doc validator(filter);
  EXPECT_FALSE(Matcher(validator.view(), {}).matches(Doc(document).view()));
  bson::Builder out;
  describe_validation_failure(validator.view(), Doc(document).view(), {}, out);
  return test::json(out.take());
}

TEST(Schema, Objects) {
  EXPECT_TRUE(matches(R"({"required": ["a"]})", R"({"a": null})"));
  EXPECT_FALSE(matches(R"({"required": ["a"]})", R"({"b": 1})"));
  EXPECT_FALSE(matches(R"({"properties": {"a": {"bsonType": "int"}}})", R"({"a": "x"})"));
  EXPECT_TRUE(matches(R"({"properties": {"a": {"bsonType": "int"}}})", R"({})"));
  EXPECT_FALSE(matches(R"({"patternProperties": {"^x": {"type": "string"}}})", R"({"x1": 1})"));
  EXPECT_FALSE(matches(R"({"properties": {"a": {}}, "additionalProperties": false})",
                       R"({"a": 1, "b": 1})"));
  EXPECT_TRUE(matches(R"({"patternProperties": {"^b": {}}, "additionalProperties": false})",
                      R"({"b": 1})"));
  EXPECT_FALSE(matches(R"({"dependencies": {"a": ["b"]}})", R"({"a": 1})"));
  EXPECT_FALSE(matches(R"({"dependencies": {"a": {"required": ["c"]}}})", R"({"a": 1})"));
  EXPECT_FALSE(matches(R"({"minProperties": 2})", R"({"a": 1})"));
}

TEST(Schema, Values) {
  const auto value = [](std::string_view schema, std::string_view json) {
    return matches("{\"properties\": {\"a\": " + std::string(schema) + "}}",
                   "{\"a\": " + std::string(json) + "}");
  };
  EXPECT_FALSE(value(R"({"minimum": 2})", "1"));
  EXPECT_FALSE(value(R"({"minimum": 2, "exclusiveMinimum": true})", "2"));
  EXPECT_TRUE(value(R"({"minimum": 2})", R"("x")"));
  EXPECT_FALSE(value(R"({"multipleOf": 0.1})", "0.25"));
  EXPECT_TRUE(value(R"({"multipleOf": 0.1})", "0.3"));
  EXPECT_TRUE(value(R"({"maxLength": 2})", R"("äö")"));
  EXPECT_FALSE(value(R"({"pattern": "^b"})", R"("ab")"));
  EXPECT_FALSE(value(R"({"enum": [1, {"x": 1, "y": 2}]})", R"({"x": 1})"));
  EXPECT_TRUE(value(R"({"enum": [1, {"x": 1, "y": 2}]})", R"({"y": 2, "x": 1})"));
  EXPECT_FALSE(value(R"({"items": {"type": "number"}})", R"([1, "x"])"));
  EXPECT_FALSE(value(R"({"items": [{}], "additionalItems": false})", "[1, 2]"));
  EXPECT_TRUE(value(R"({"additionalItems": false})", "[1, 2]"));
  EXPECT_FALSE(value(R"({"uniqueItems": true})", R"([{"a": 1, "b": 2}, {"b": 2, "a": 1}])"));
  EXPECT_FALSE(value(R"({"oneOf": [{"type": "number"}, {"minimum": 1}]})", "2"));
  EXPECT_FALSE(value(R"({"not": {"type": "number"}})", "2"));
}

TEST(Schema, Refused) {
  EXPECT_EQ(refused(R"({"bogus": 1})"), 9);
  EXPECT_EQ(refused(R"({"$ref": "x"})"), 9);
  EXPECT_EQ(refused(R"({"type": "integer"})"), 9);
  EXPECT_EQ(refused(R"({"type": "string", "bsonType": "string"})"), 9);
  EXPECT_EQ(refused(R"({"exclusiveMaximum": true})"), 9);
  EXPECT_EQ(refused(R"({"required": []})"), 9);
  EXPECT_EQ(refused(R"({"required": "a"})"), 14);
  EXPECT_EQ(refused(R"({"allOf": []})"), 2);
  std::string deep = "{}";
  for (int i = 0; i < 90; ++i)
    deep = R"({"not": )" + deep + "}";
  EXPECT_EQ(refused(deep), 0);
}

TEST(ValidationFailure, Schema) {
  EXPECT_EQ(
      details(R"({"$jsonSchema": {"title": "t", "required": ["b"], "properties": {"a": {"bsonType":
                  "int", "description": "d"}}}})",
              R"({"a": "x"})"),
      norm(R"({"operatorName": "$jsonSchema", "title": "t", "schemaRulesNotSatisfied": [
          {"operatorName": "required", "specifiedAs": {"required": ["b"]}, "missingProperties":
           ["b"]},
          {"operatorName": "properties", "propertiesNotSatisfied": [{"propertyName": "a",
           "description": "d", "details": [{"operatorName": "bsonType", "specifiedAs": {"bsonType":
           "int"}, "reason": "type did not match", "consideredValue": "x", "consideredType":
           "string"}]}]}]})"));
  EXPECT_EQ(details(R"({"$jsonSchema": {"oneOf": [{}, {}]}})", R"({"a": "x"})"),
            norm(R"({"operatorName": "$jsonSchema", "schemaRulesNotSatisfied": [{"operatorName":
                "oneOf", "reason": "more than one subschema matched", "matchingSchemaIndexes":
                [0, 1]}]})"));
}

TEST(ValidationFailure, Filters) {
  EXPECT_EQ(details(R"({"a": {"$gt": 5}})", R"({"a": 3})"),
            norm(R"({"operatorName": "$gt", "specifiedAs": {"a": {"$gt": 5}}, "reason":
                "comparison failed", "consideredValue": 3})"));
  EXPECT_EQ(details(R"({"a": 1})", R"({})"),
            norm(R"({"operatorName": "$eq", "specifiedAs": {"a": 1}, "reason":
                "field was missing"})"));
  EXPECT_EQ(details(R"({"a": {"$gt": 5, "$lt": 9}, "b": {"$exists": true}})", R"({"a": 3})"),
            norm(R"({"operatorName": "$and", "clausesNotSatisfied": [
                {"index": 0, "details": {"operatorName": "$gt", "specifiedAs": {"a": {"$gt": 5}},
                 "reason": "comparison failed", "consideredValue": 3}},
                {"index": 1, "details": {"operatorName": "$exists", "specifiedAs": {"b":
                 {"$exists": true}}, "reason": "path does not exist"}}]})"));
  EXPECT_EQ(details(R"({"$nor": [{"a": 3}, {"a": 4}]})", R"({"a": 3})"),
            norm(R"({"operatorName": "$nor", "clausesSatisfied": [{"index": 0, "details":
                {"operatorName": "$eq", "specifiedAs": {"a": 3}, "reason": "comparison succeeded",
                 "consideredValue": 3}}]})"));
  EXPECT_EQ(details(R"({"$expr": {"$gt": ["$a", 5]}})", R"({"a": 3})"),
            norm(R"({"operatorName": "$expr", "specifiedAs": {"$expr": {"$gt": ["$a", 5]}},
                "reason": "expression did not match", "expressionResult": false})"));
}

}  // namespace
}  // namespace freshet::query
