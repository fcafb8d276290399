// SPDX-License-Identifier: Apache-2.0
#include "query/update.h"

#include <gtest/gtest.h>

#include "bson/builder.h"
#include "query/delta.h"
#include "query/test_support.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;
using test::json;
using test::norm;

UpdateOutcome run(std::string_view spec, std::string_view document,
                  std::optional<std::size_t> position = {}) {
  QueryContext context;
  context.now_ms = 5;
  return Update(Doc(spec).value(), bson::View(), context)
      .apply(Doc(document).view(), {position}, context);
}

UpdateOutcome run_pipeline(std::string_view stages, std::string_view document) {
  const Doc wrapped("{\"p\": " + std::string(stages) + "}");
  const QueryContext context;
  return Update(wrapped.view()["p"], bson::View(), context)
      .apply(Doc(document).view(), {}, context);
}

std::string log(const UpdateOutcome& outcome) {
  return json(outcome.log_object);
}

TEST(Update, NewNestedFieldsAreLoggedFromTheOutermost) {
  const UpdateOutcome outcome =
      run(R"({"$set": {"a.b.c": 1, "a.d": 2, "z": 3}})", R"({"_id": 1, "z": 0})");
  EXPECT_EQ(json(outcome.document), norm(R"({"_id": 1, "z": 3, "a": {"b": {"c": 1}, "d": 2}})"));
  EXPECT_EQ(log(outcome),
            norm(R"({"$v": 2, "diff": {"u": {"z": 3}, "i": {"a": {"b": {"c": 1}, "d": 2}}}})"));
}

TEST(Update, PushLogsWhatItAppends) {
  EXPECT_EQ(log(run(R"({"$push": {"a": 3}})", R"({"_id": 1, "a": [1, 2]})")),
            norm(R"({"$v": 2, "diff": {"sa": {"a": true, "u2": 3}}})"));
  EXPECT_EQ(log(run(R"({"$push": {"a": 3}})", R"({"_id": 1, "a": []})")),
            norm(R"({"$v": 2, "diff": {"u": {"a": [3]}}})"));
  EXPECT_EQ(log(run(R"({"$pull": {"a": 1}})", R"({"_id": 1, "a": [1, 2]})")),
            norm(R"({"$v": 2, "diff": {"u": {"a": [2]}}})"));
}

TEST(Update, NothingChanged) {
  EXPECT_FALSE(run(R"({"$set": {"a": 1}})", R"({"_id": 1, "a": 1})").changed);
  EXPECT_FALSE(run(R"({"$set": {}})", R"({"_id": 1, "a": 1})").changed);
  EXPECT_FALSE(run(R"({"$unset": {"b": 1}})", R"({"_id": 1, "a": 1})").changed);
  EXPECT_TRUE(run(R"({"$set": {"a": 1.0}})", R"({"_id": 1, "a": 1})").changed);
}

TEST(Update, PositionalNeedsItsMatch) {
  EXPECT_EQ(json(run(R"({"$set": {"a.$": 9}})", R"({"_id": 1, "a": [1, 2]})", 1).document),
            norm(R"({"_id": 1, "a": [1, 9]})"));
  EXPECT_EQ(code_of([] { run(R"({"$set": {"a.$": 9}})", R"({"_id": 1, "a": [1, 2]})"); }), 2);
}

TEST(Update, RefusesWithCodes) {
  const auto code = [](std::string_view spec) {
    return code_of([&] {
      run(spec, R"({"_id": 1, "a": 1, "s": "x", "l": {"$numberLong": "9223372036854775807"}})");
    });
  };
  EXPECT_EQ(code(R"({"$set": {"a.b": 1}})"), 28);
  EXPECT_EQ(code(R"({"$set": {"a": 1}, "$inc": {"a": 1}})"), 40);
  EXPECT_EQ(code(R"({"$set": {"_id": 2}})"), 66);
  EXPECT_EQ(code(R"({"_id": 2})"), 66);
  EXPECT_EQ(code(R"({"$inc": {"s": 1}})"), 14);
  EXPECT_EQ(code(R"({"$inc": {"l": 1}})"), 2);
  EXPECT_EQ(code(R"({"a": 1, "$set": {"b": 1}})"), 52);
  EXPECT_EQ(code(R"({"$bogus": {"a": 1}})"), 9);
  EXPECT_EQ(code(R"({"$set": {"a..b": 1}})"), 56);
}

TEST(Update, DocumentsHaveALargestSizeAndDepth) {
  bson::Builder spec;
  spec.open_document("$set").add("a", std::string(std::size_t{17} << 20, 'x')).close();
  const std::string bytes = spec.take();
  const bson::ValueView value(bson::Type::Document, bytes.data(),
                              static_cast<std::uint32_t>(bytes.size()));
  const QueryContext context;
  const Update update(value, bson::View(), context);
  EXPECT_EQ(code_of([&] { update.apply(Doc(R"({"_id": 1})").view(), {}, context); }), 17419);
  EXPECT_EQ(code_of([&] { update.upsert_document(Matcher(bson::View(), context), context); }),
            17420);
  std::string path = "a";
  for (int i = 0; i < 200; ++i)
    path += ".a";
  EXPECT_EQ(code_of([&] { run(R"({"$set": {")" + path + R"(": 1}})", R"({"_id": 1})"); }), 15);
}

TEST(Update, Pipeline) {
  const UpdateOutcome outcome = run_pipeline(
      R"([{"$set": {"total": {"$add": ["$a", "$b"]}}}, {"$unset": ["b"]}])",
      R"({"_id": 1, "a": 1, "b": 2, "pad": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})");
  EXPECT_EQ(log(outcome), norm(R"({"$v": 2, "diff": {"d": {"b": false}, "i": {"total": 3}}})"));
  EXPECT_TRUE(
      run_pipeline(R"([{"$replaceWith": {"x": 1}}])", R"({"_id": 1, "a": 1})").is_replacement);
  EXPECT_EQ(code_of([] { run_pipeline(R"([{"$match": {}}])", R"({"_id": 1})"); }), 72);
  EXPECT_EQ(code_of([] { run_pipeline(R"([{"$bogus": {}}])", R"({"_id": 1})"); }), 40324);
  EXPECT_EQ(code_of([] { run_pipeline(R"([{"$set": {"_id": 2}}])", R"({"_id": 1})"); }), 66);
}

TEST(Update, UpsertTakesEqualities) {
  const QueryContext context;
  const Matcher filter(Doc(R"({"b.c": 1, "a": {"$in": [7]}, "n": {"$gt": 3}, "_id": "k"})").view(),
                       context);
  const Update update(Doc(R"({"$inc": {"n": 1}, "$setOnInsert": {"s": true}})").value(),
                      bson::View(), context);
  EXPECT_EQ(json(update.upsert_document(filter, context)),
            norm(R"({"_id": "k", "a": 7, "b": {"c": 1}, "n": 1, "s": true})"));
}

}  // namespace
}  // namespace freshet::query
