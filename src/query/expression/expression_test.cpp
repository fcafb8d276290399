// SPDX-License-Identifier: Apache-2.0
// Expressions: hand-written cases of what matters, and every recorded case where the recordings are
// present.
#include "query/expression/expression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/json.h"
#include "query/expression/golden_test.h"

namespace freshet::query {
namespace {

using bson::from_json;
using bson::View;

/// Evaluates {r: …} on a document, both as JSON; gives {r: result} or the error's code.
std::string run(std::string_view spec, std::string_view document = "{}",
                const bson::View let = {}) {
  QueryContext context;
  context.now_ms = 1000;
  context.let = let;
  const std::string spec_bytes = from_json(spec);
  const std::string document_bytes = from_json(document);
  try {
    const CompiledExpression expression{View(spec_bytes)["r"], context};
    const bson::Value value = expression.evaluate(View(document_bytes), context);
    return value.missing() ? "missing" : bson::to_json(value.view());
  } catch (const Error& error) {
    return "error " + std::to_string(static_cast<int>(error.code()));
  }
}

TEST(Expression, LiteralsAndPaths) {
  EXPECT_EQ(run(R"({"r": "$a.b"})", R"({"a": {"b": 3}})"), "3");
  EXPECT_EQ(run(R"({"r": "$a.b"})", R"({"a": [{"b": 1}, {"c": 1}, 5, {"b": 2}]})"), "[ 1, 2 ]");
  EXPECT_EQ(run(R"({"r": "$x"})"), "missing");
  EXPECT_EQ(run(R"({"r": {"a": "$x", "b": {"$literal": "$x"}}})"), R"({ "b" : "$x" })");
  EXPECT_EQ(run(R"({"r": ["$x", 1]})"), "[ null, 1 ]");
  EXPECT_EQ(run(R"({"r": "$$ROOT.a"})", R"({"a": 7})"), "7");
}

TEST(Expression, UnknownOperator) {
  EXPECT_EQ(run(R"({"r": {"$bogus": 1}})"), "error 168");
  EXPECT_EQ(run(R"({"r": {"$add": [1], "b": 1}})"), "error 15983");
}

TEST(Expression, ScopesNest) {
  EXPECT_EQ(
      run(R"({"r": {"$let": {"vars": {"x": 2, "y": 3}, "in": {"$multiply": ["$$x", "$$y"]}}}})"),
      "6");
  EXPECT_EQ(
      run(R"({"r": {"$let": {"vars": {"x": 2}, "in": {"$let": {"vars": {"x": {"$add": ["$$x", 1]}},
                  "in": "$$x"}}}}})"),
      "3");
  EXPECT_EQ(
      run(R"({"r": {"$map": {"input": "$a", "as": "o", "in": {"$filter": {"input": "$$o", "cond":
                  {"$gt": ["$$this", 1]}}}}}})",
          R"({"a": [[1, 2], [3]]})"),
      "[ [ 2 ], [ 3 ] ]");
  EXPECT_EQ(run(R"({"r": {"$reduce": {"input": ["a", "b"], "initialValue": "", "in":
                  {"$concat": ["$$value", "$$this"]}}}})"),
            R"("ab")");
  EXPECT_EQ(run(R"({"r": "$$undefined"})"), "error 17276");
}

TEST(Expression, CommandVariables) {
  const std::string let = from_json(R"({"v": [1, 2]})");
  EXPECT_EQ(run(R"({"r": {"$sum": "$$v"}})", "{}", View(let)), "3");
}

TEST(Expression, NestingIsBounded) {
  QueryContext context;
  std::string text = R"({"r": 1})";
  const std::string one = from_json(text);
  bson::Value value = bson::Value::copy(View(one)["r"].value());
  for (int i = 0; i < kExpressionDepthMax + 1; ++i) {
    bson::Builder builder;
    builder.add("$abs", value.view());
    value = bson::Value::document(builder.take());
  }
  EXPECT_THROW(CompiledExpression(value.view(), context), Error);
}

TEST(Expression, GrowthIsBounded) {
  EXPECT_EQ(run(R"({"r": {"$size": {"$range": [0, 2000000000]}}})"), "error 146");
  EXPECT_EQ(
      run(R"({"r": {"$strLenCP": {"$reduce": {"input": {"$range": [0, 60]}, "initialValue": "aaaaaaaa",
                  "in": {"$concat": ["$$value", "$$value"]}}}}})"),
      "error 10334");
}

TEST(Expression, Later) {
  EXPECT_EQ(run(R"({"r": {"$round": [2.5]}})"), "2.0");
  EXPECT_EQ(run(R"({"r": {"$round": [1234, -2]}})"), "1200");
  EXPECT_EQ(run(R"({"r": {"$eq": [{"$trunc": [-7.89, 1]}, -7.8]}})"), "true");
  EXPECT_EQ(run(R"({"r": {"$replaceAll": {"input": "aXbX", "find": "X", "replacement": "--"}}})"),
            R"("a--b--")");
  EXPECT_EQ(run(R"({"r": {"$regexFindAll": {"input": "aéab", "regex": "a(b)?"}}})"),
            R"([ { "match" : "a", "idx" : 0, "captures" : [ null ] }, )"
            R"({ "match" : "ab", "idx" : 2, "captures" : [ "b" ] } ])");
  EXPECT_EQ(run(R"({"r": {"$setField": {"field": "a.b", "input": {"x": 1}, "value": 2}}})"),
            R"({ "x" : 1, "a.b" : 2 })");
  EXPECT_EQ(run(R"({"r": {"$sortArray": {"input": [3, 1, 2], "sortBy": -1}}})"), "[ 3, 2, 1 ]");
  EXPECT_EQ(run(R"({"r": {"$maxN": {"input": [3, null, 1, 2], "n": 2}}})"), "[ 3, 2 ]");
  EXPECT_EQ(run(R"({"r": {"$bitXor": [6, 3]}})"), "5");
  EXPECT_EQ(run(R"({"r": {"$convert": {"input": "x", "to": "int", "onError": "no"}}})"), R"("no")");
  EXPECT_EQ(run(R"({"r": {"$function": {}}})"), "error 31264");
}

TEST(Expression, DatesAndZones) {
  const char* document = R"({"d": {"$date": "2021-03-14T06:30:00Z"}})";
  EXPECT_EQ(run(R"({"r": {"$hour": {"date": "$d", "timezone": "America/New_York"}}})", document),
            "1");
  EXPECT_EQ(
      run(R"({"r": {"$dateToString": {"date": {"$dateAdd": {"startDate": "$d", "unit": "day", "amount": 1,
                  "timezone": "America/New_York"}}, "format": "%H:%M %z", "timezone": "America/New_York"}}})",
          document),
      R"("01:30 -0400")");
  EXPECT_EQ(run(R"({"r": {"$dateToString": {"date": {"$dateTrunc": {"date": "$d", "unit": "week",
                  "startOfWeek": "monday"}}, "format": "%Y-%m-%d"}}})",
                document),
            R"("2021-03-08")");
  EXPECT_EQ(
      run(R"({"r": {"$dateDiff": {"startDate": "$d", "endDate": {"$dateFromString": {"dateString":
                  "2022-01-01"}}, "unit": "month"}}})",
          document),
      "10");
}

/// Recorded answers that are not wanted: why, and which cases.
struct Unwanted {
  std::string_view prefix;
  std::string_view why;
};
constexpr Unwanted kUnwanted[] = {
    {"expressions/unary-floor/dec",
     "the reference's decimal library: floor of a large decimal was NaN"},
    {"expressions/unary-trunc/dec", "the same"},
    {"expressions/unary-sqrt/dec", "the same: the square root of 1.25 was 3.49"},
    {"expressions/binary-log/", "the same: logarithms to a decimal base"},
    {"expressions/binary-add/inf-dec-", "Infinity plus a decimal was NaN"},
    {"expressions/binary-subtract/",
     "differences of longs that overflow are doubles now, they wrapped"},
    {"expressions/datetostring/None-date2-America-New-York", "no Z behind a time that is not UTC"},
};

bool is_unwanted(std::string_view id) {
  return std::ranges::any_of(kUnwanted,
                             [&](const Unwanted& entry) { return id.starts_with(entry.prefix); });
}

/// Whether $project would take `spec` for a computed field.
bool is_expression(bson::ValueView spec) {
  if (spec.is_string()) return spec.as_string().starts_with('$');
  return spec.is_document() && !spec.as_document().empty() &&
         (*spec.as_document().begin()).name().starts_with('$');
}

/// What the recorded reply says: a value of `r`, or a code.
struct Answer {
  bson::Value value;
  int code = 0;
  std::string text() const {
    return code != 0 ? "error " + std::to_string(code) : golden::text(value.view());
  }
  bool operator==(const Answer& other) const {
    return code == other.code && (code != 0 || golden::same(value.view(), other.value.view()));
  }
};

Answer recorded(View reply) {
  Answer out;
  const bson::Element code = reply["code"];
  if (code) {
    out.code = static_cast<int>(code.number_as_int64());
    return out;
  }
  const View batch = reply["cursor"].as_document()["firstBatch"].as_document();
  out.value = bson::Value::copy((*batch.begin()).as_document()["r"].value());
  return out;
}

Answer computed(bson::ValueView spec, View document) {
  Answer out;
  QueryContext context;
  try {
    const CompiledExpression expression(spec, context);
    out.value = expression.evaluate(document, context).owned();
  } catch (const Error& error) {
    out.code = static_cast<int>(error.code());
  }
  return out;
}

TEST(Expression, RecordedCases) {
  if (!golden::present())
    GTEST_SKIP() << "no recordings (shared/goldens) above the working directory";
  const auto noted = golden::noted_ids();
  const auto fixtures = golden::fixtures();
  std::size_t run_count = 0;
  std::size_t noted_failures = 0;
  const std::size_t unreadable = golden::each_case("expressions", [&](View test) {
    const View command = (*test["commands"].as_document().begin()).as_document();
    const View pipeline = command["pipeline"].as_document();
    const auto ref = test["fixture"].as_document()["ref"];
    const bson::Element project = (*pipeline.begin()).as_document()["$project"];
    if (pipeline.count() != 1 || !ref || !project.is_document() ||
        project.as_document().count() != 2)
      return;
    const bson::Element spec = project.as_document()["r"];
    if (!is_expression(spec)) return;
    const std::string id(test["id"].as_string());
    const View documents = View(fixtures.at(std::string(ref.as_string())))["docs"].as_document();
    const Answer expected = recorded((*test["expect"].as_document().begin()).as_document());
    const Answer actual = computed(spec, (*documents.begin()).as_document());
    ++run_count;
    if (expected == actual) return;
    if (noted.contains(id) || is_unwanted(id)) {
      ++noted_failures;
      if (std::getenv("GOLDEN_NOTED") == nullptr) return;
    }
    ADD_FAILURE() << id << "\n  " << golden::text(spec) << "\n  expected " << expected.text()
                  << "\n  got " << actual.text();
  });
  std::cout << run_count << " recorded cases, " << noted_failures
            << " differ where 8.0 does or may, " << unreadable << " unreadable\n";
  EXPECT_GT(run_count, 4000U);
}

}  // namespace
}  // namespace freshet::query
