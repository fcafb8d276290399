// SPDX-License-Identifier: Apache-2.0
// Pipelines over collections in memory: hand-written cases, and every recorded case where the
// recordings are present.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/clock.h"
#include "base/operation.h"
#include "base/random.h"
#include "bson/builder.h"
#include "pipeline/pipeline.h"
#include "pipeline/stages/testing.h"
#include "query/expression/golden_test.h"
#include "query/matcher.h"

namespace freshet::pipeline {
namespace {

using namespace testing;  // NOLINT: this is their test

/// `pipeline` as a JSON array over documents {_id: 0, n: 0} … {_id: count-1, n: …%3}.
std::string run(std::string_view pipeline, int count = 6) {
  MemoryCollections collections;
  for (int i = 0; i < count; ++i) {
    bson::Builder document;
    document.add("_id", i).add("n", i % 3);
    collections.collections["@coll"].push_back(document.take());
  }
  collections.collections["other"] = {from_json(R"({"_id": 10, "n": 1})"),
                                      from_json(R"({"_id": 11, "n": 2})")};
  const std::string wrapped = from_json("{\"p\": " + std::string(pipeline) + "}");
  return text_of(run(collections, View(wrapped)["p"].as_document()));
}

TEST(Stages, SortKeepsTheFirst) {
  EXPECT_EQ(run(R"([{"$sort": {"n": -1, "_id": 1}}, {"$limit": 2}])"),
            R"({ "_id" : 2, "n" : 2 } { "_id" : 5, "n" : 2 })");
  EXPECT_EQ(
      run(R"([{"$sort": {"n": -1, "_id": 1}}, {"$skip": 1}, {"$project": {"_id": 1}}, {"$limit": 2}])"),
      R"({ "_id" : 5 } { "_id" : 1 })");
}

TEST(Stages, Group) {
  EXPECT_EQ(
      run(R"([{"$group": {"_id": "$n", "c": {"$count": {}}, "top": {"$top": {"sortBy": {"_id": -1},
                  "output": "$_id"}}, "two": {"$firstN": {"input": "$_id", "n": 1}}}}, {"$sort": {"_id": 1}},
                  {"$limit": 1}])"),
      R"({ "_id" : 0, "c" : 2, "top" : 3, "two" : [ 0 ] })");
}

TEST(Stages, TheNOfAnAccumulatorMayHaveVariables) {
  EXPECT_EQ(
      run(R"([{"$group": {"_id": "$n", "l": {"$firstN": {"input": "$_id", "n": {"$let": {"vars":
                {"x": "$n"}, "in": {"$add": ["$$x", 1]}}}}}}}, {"$sort": {"_id": -1}}, {"$limit": 1}])"),
      "error 5787902");  // the group's _id is no document: $n is missing there
  EXPECT_EQ(run(R"([{"$group": {"_id": {"n": "$n"}, "l": {"$firstN": {"input": "$_id", "n": {"$let":
                {"vars": {"x": "$n"}, "in": {"$add": ["$$x", 1]}}}}}}}, {"$sort": {"_id": -1}},
                {"$limit": 1}])"),
            R"({ "_id" : { "n" : 2 }, "l" : [ 2, 5 ] })");
}

TEST(Stages, OtherCollections) {
  EXPECT_EQ(
      run(R"([{"$match": {"_id": 1}}, {"$unionWith": {"coll": "other", "pipeline": [{"$match": {"n": 2}}]}}])"),
      R"({ "_id" : 1, "n" : 1 } { "_id" : 11, "n" : 2 })");
  EXPECT_EQ(
      run(R"([{"$match": {"_id": 1}}, {"$lookup": {"from": "other", "let": {"x": "$n"}, "pipeline":
                  [{"$match": {"$expr": {"$gt": ["$n", "$$x"]}}}, {"$project": {"n": 1}}], "as": "j"}}])"),
      R"({ "_id" : 1, "n" : 1, "j" : [ { "_id" : 11, "n" : 2 } ] })");
  EXPECT_EQ(
      run(R"([{"$match": {"_id": 1}}, {"$lookup": {"from": "other", "localField": "n", "foreignField": "n",
                  "pipeline": [{"$project": {"_id": 1}}], "as": "j.k"}}])"),
      R"({ "_id" : 1, "n" : 1, "j" : { "k" : [ { "_id" : 10 } ] } })");
}

TEST(Stages, LookupVariables) {
  // A list that only a document gives, a variable that is missing, and one of an enclosing $lookup.
  EXPECT_EQ(
      run(R"([{"$match": {"_id": 1}}, {"$set": {"l": [10, 12]}}, {"$lookup": {"from": "other", "let": {"l": "$l"},
                  "pipeline": [{"$match": {"$expr": {"$in": ["$_id", "$$l"]}}}, {"$project": {"_id": 1}}], "as": "j"}},
                  {"$project": {"j": 1}}])"),
      R"({ "_id" : 1, "j" : [ { "_id" : 10 } ] })");
  EXPECT_EQ(
      run(R"([{"$match": {"_id": 1}}, {"$lookup": {"from": "other", "let": {"x": "$nothing"}, "pipeline":
                  [{"$project": {"t": {"$type": "$$x"}}}, {"$limit": 1}], "as": "j"}}, {"$project": {"j": 1}}])"),
      R"({ "_id" : 1, "j" : [ { "_id" : 10, "t" : "missing" } ] })");
  EXPECT_EQ(
      run(R"([{"$match": {"_id": 1}}, {"$lookup": {"from": "other", "let": {"x": "$n"}, "pipeline":
                  [{"$match": {"n": 2}}, {"$lookup": {"from": "other", "let": {"y": "$n"}, "pipeline":
                  [{"$project": {"s": {"$add": ["$$x", "$$y"]}, "_id": 0}}, {"$limit": 1}], "as": "k"}}],
                  "as": "j"}}, {"$project": {"j.k": 1}}])"),
      R"({ "_id" : 1, "j" : [ { "k" : [ { "s" : 3 } ] } ] })");
  EXPECT_EQ(run(R"([{"$lookup": {"from": "other", "let": {"X": 1}, "pipeline": [], "as": "j"}}])"),
            "error 9");
}

TEST(Stages, LookupVariablesChangeWithTheDocument) {
  // The stage that reads the variable is not the first: it is parsed once for all documents.
  EXPECT_EQ(
      run(R"([{"$lookup": {"from": "other", "let": {"x": "$n"}, "pipeline": [{"$match": {"n": 1}},
                  {"$project": {"_id": 0, "s": {"$add": ["$$x", "$n"]}}},
                  {"$match": {"$expr": {"$gt": ["$s", "$$x"]}}}], "as": "j"}}, {"$limit": 3},
                  {"$project": {"j": 1}}])"),
      R"({ "_id" : 0, "j" : [ { "s" : 1 } ] } { "_id" : 1, "j" : [ { "s" : 2 } ] } )"
      R"({ "_id" : 2, "j" : [ { "s" : 3 } ] })");
  // An inner variable hides the outer one of the same name, also where it has no value.
  EXPECT_EQ(
      run(R"([{"$match": {"_id": {"$lt": 2}}}, {"$lookup": {"from": "other", "let": {"x": "$n"}, "pipeline":
                  [{"$match": {"n": 2}}, {"$lookup": {"from": "other", "let": {"x": "$nothing"}, "pipeline":
                  [{"$project": {"t": {"$type": "$$x"}, "_id": 0}}, {"$limit": 1}], "as": "k"}},
                  {"$project": {"_id": 0, "k": 1, "x": "$$x"}}], "as": "j"}}, {"$project": {"j": 1}}])"),
      R"({ "_id" : 0, "j" : [ { "k" : [ { "t" : "missing" } ], "x" : 0 } ] } )"
      R"({ "_id" : 1, "j" : [ { "k" : [ { "t" : "missing" } ], "x" : 1 } ] })");
  // The variables of a $lookup reach into a $unionWith within it.
  EXPECT_EQ(
      run(R"([{"$match": {"_id": {"$lt": 2}}}, {"$lookup": {"from": "other", "let": {"x": "$n"}, "pipeline":
                  [{"$match": {"n": 7}}, {"$unionWith": {"coll": "other", "pipeline": [{"$match": {"n": 2}},
                  {"$project": {"_id": 0, "x": "$$x"}}]}}], "as": "j"}}, {"$project": {"j": 1}}])"),
      R"({ "_id" : 0, "j" : [ { "x" : 0 } ] } { "_id" : 1, "j" : [ { "x" : 1 } ] })");
}

/// How often a $lookup in a pipeline over six documents opens the other collection.
int times_opened(std::string_view lookup, const SpillPolicy& spill = {}) {
  MemoryCollections collections;
  for (int i = 0; i < 6; ++i) {
    bson::Builder document;
    collections.collections["@coll"].push_back(document.add("_id", i).add("n", i % 3).take());
  }
  collections.collections["other"] = {from_json(R"({"_id": 10, "n": 1})"),
                                      from_json(R"({"_id": 11, "n": 2})")};
  const std::string wrapped = from_json(R"({"p": [{"$lookup": {"from": "other", "as": "j", )" +
                                        std::string(lookup) + "}}]}");
  EXPECT_EQ(run(collections, View(wrapped)["p"].as_document(), spill).code, 0);
  return collections.opened - 1;
}

TEST(Stages, LookupKeepsWhatDoesNotDependOnTheDocument) {
  EXPECT_EQ(times_opened(R"("pipeline": [])"), 1);
  EXPECT_EQ(times_opened(R"("pipeline": [{"$match": {"n": 2}}, {"$sort": {"n": 1}}])"), 1);
  EXPECT_EQ(times_opened(R"("let": {"x": "$n"}, "pipeline": [{"$match": {"n": 2}},
                             {"$set": {"a": {"$concat": ["v", {"$toString": "$$x.y"}]}}}])"),
            1);
  EXPECT_EQ(times_opened(R"("let": {"x": "$n"}, "pipeline": [{"$set": {"a": ["$$x"]}}])"), 6);
  EXPECT_EQ(
      times_opened(R"("localField": "n", "foreignField": "n", "pipeline": [{"$set": {"a": 1}}])"),
      6);
  EXPECT_EQ(times_opened(R"("pipeline": [{"$sample": {"size": 1}}])"), 6);
  EXPECT_EQ(times_opened(R"("pipeline": [{"$set": {"a": {"$rand": {}}}}])"), 6);
  // A run that ends early has not seen all; what is too large is not kept.
  EXPECT_EQ(times_opened(R"("let": {"x": "$n"}, "pipeline": [{"$match": {"n": {"$gt": 0}}},
                             {"$match": {"$expr": {"$gte": ["$n", "$$x"]}}}, {"$limit": 1}])"),
            6);
  EXPECT_EQ(times_opened(R"("pipeline": [])", {.stage_bytes_max = 64}), 6);
}

TEST(Stages, GraphLookupIsBounded) {
  constexpr std::string_view kSearch =
      R"({"p": [{"$graphLookup": {"from": "other", "startWith": 0, "connectFromField": "to",
          "connectToField": "_id", "as": "g"}}, {"$project": {"g": {"$size": "$g"}}}]})";
  MemoryCollections collections;
  collections.collections["@coll"] = {from_json(R"({"_id": 1})")};
  for (int i = 0; i < 100; ++i) {
    bson::Builder document;
    collections.collections["other"].push_back(document.add("_id", i).add("to", i + 1).take());
  }
  const std::string wrapped = from_json(kSearch);
  const View pipeline = View(wrapped)["p"].as_document();
  EXPECT_EQ(text_of(run(collections, pipeline)), R"({ "_id" : 1, "g" : 100 })");
  EXPECT_EQ(text_of(run(collections, pipeline, {.stage_bytes_max = 5000})), "error 40099");
}

TEST(Stages, Positions) {
  EXPECT_EQ(run(R"([{"$out": "x"}, {"$match": {}}])"), "error 40601");
  EXPECT_EQ(run(R"([{"$facet": {"a": [{"$out": "x"}]}}])"), "error 40600");
  EXPECT_EQ(run(R"([{"$facet": {"a": [{"$facet": {"b": [{"$match": {}}]}}]}}])"), "error 40600");
  EXPECT_EQ(run(R"([{"$bogus": {}}])"), "error 40324");
  EXPECT_EQ(run(R"([{"$match": {}, "$limit": 1}])"), "error 40323");
}

TEST(Stages, MemoryIsBounded) {
  MemoryCollections collections;
  bson::Builder big;
  big.add("_id", 1).add("s", std::string(std::size_t{12} << 20, 'x'));
  const std::string document = big.take();
  for (int i = 0; i < 10; ++i)
    collections.collections["@coll"].push_back(document);
  const std::string sort = from_json(R"({"p": [{"$sort": {"n": 1}}]})");
  EXPECT_EQ(run(collections, View(sort)["p"].as_document()).code, 292);
  const std::string top = from_json(R"({"p": [{"$sort": {"n": 1}}, {"$limit": 2}]})");
  EXPECT_EQ(run(collections, View(top)["p"].as_document()).documents.size(), 2U);
}

TEST(Stages, SubPipelinesNestOnlySoDeep) {
  std::string inner = "[]";
  for (int i = 0; i < 30; ++i) {
    inner = R"([{"$unionWith": {"coll": "other", "pipeline": )" + inner + "}}]";
  }
  EXPECT_EQ(run(inner), "error 232");
}

// Recorded cases.

/// Recorded answers that are not wanted: why, and which cases.
struct Unwanted {
  std::string_view prefix;
  std::string_view why;
};
constexpr Unwanted kUnwanted[] = {
    {"stages/replaceroot/", "an unknown or missing field is 40415 or 40414 today"},
};

bool is_unwanted(std::string_view id) {
  return std::ranges::any_of(kUnwanted,
                             [&](const Unwanted& entry) { return id.starts_with(entry.prefix); });
}

Documents documents_of(View list) {
  Documents out;
  for (const auto& element : list)
    out.push_back(element.as_document().to_string());
  return out;
}

/// False when the case is about more than one pipeline over collections in memory.
bool load(View test, const std::map<std::string, std::string>& fixtures, MemoryCollections& out) {
  View fixture = test["fixture"].as_document();
  const bson::Element ref = fixture["ref"];
  if (ref) fixture = View(fixtures.at(std::string(ref.as_string())));
  const bson::Element options = fixture["options"];
  if (options && !options.as_document().empty()) return false;
  const bson::Element docs = fixture["docs"];
  if (docs.is_array()) out.collections["@coll"] = documents_of(docs.as_document());
  const bson::Element others = fixture["colls"];
  if (others.is_document()) {
    for (const auto& other : others.as_document()) {
      const bson::Element other_docs = other.as_document()["docs"];
      if (other_docs.is_array()) {
        out.collections[std::string(other.name())] = documents_of(other_docs.as_document());
      }
    }
  }
  return true;
}

bool is_plain(View command) {
  const bson::Element name = command["aggregate"];
  if (!name.is_string() || name.as_string() != "@coll" || !command["pipeline"].is_array() ||
      !command["cursor"]) {
    return false;
  }
  if (!command["cursor"].is_document() || !command["cursor"].as_document().empty()) return false;
  for (const auto& field : command) {
    if (field.name() != "aggregate" && field.name() != "pipeline" && field.name() != "cursor" &&
        field.name() != "allowDiskUse") {
      return false;
    }
  }
  static constexpr std::string_view kElsewhere[] = {"$out", "$collStats", "$indexStats",
                                                    "$planCacheStats"};
  const auto elsewhere = [](std::string_view stage) {
    return std::ranges::find(kElsewhere, stage) != std::end(kElsewhere);
  };
  for (const auto& stage : command["pipeline"].as_document()) {
    if (stage.is_document() && !stage.as_document().empty() &&
        elsewhere((*stage.as_document().begin()).name())) {
      return false;
    }
  }
  return true;
}

bool same(View expected_reply, Outcome outcome, bool unordered) {
  const bson::Element code = expected_reply["code"];
  if (code || outcome.code != 0) return code && code.number_as_int64() == outcome.code;
  Documents expected =
      documents_of(expected_reply["cursor"].as_document()["firstBatch"].as_document());
  if (expected.size() != outcome.documents.size()) return false;
  if (unordered) {
    const auto less = [](const std::string& a, const std::string& b) {
      return bson::compare(View(a), View(b)) < 0;
    };
    std::ranges::sort(expected, less);
    std::ranges::sort(outcome.documents, less);
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto whole = [](const std::string& bytes) {
      return bson::ValueView(bson::Type::Document, bytes.data(),
                             static_cast<std::uint32_t>(bytes.size()));
    };
    if (!golden::same(whole(expected[i]), whole(outcome.documents[i]))) return false;
  }
  return true;
}

/// Replays the cases of an area whose pipelines have at least `stages_min` stages.
void replay(std::string_view area, std::size_t stages_min) {
  if (!golden::present())
    GTEST_SKIP() << "no recordings (shared/goldens) above the working directory";
  const auto noted = golden::noted_ids();
  const auto fixtures = golden::fixtures();
  std::size_t run_count = 0;
  std::size_t noted_failures = 0;
  const std::size_t unreadable = golden::each_case(area, [&](View test) {
    const View commands = test["commands"].as_document();
    const View command = (*commands.begin()).as_document();
    MemoryCollections collections;
    if (commands.count() != 1 || !is_plain(command) || !load(test, fixtures, collections)) return;
    if (command["pipeline"].as_document().count() < stages_min) return;
    const std::string id(test["id"].as_string());
    const View reply = (*test["expect"].as_document().begin()).as_document();
    const Outcome outcome = run(collections, command["pipeline"].as_document());
    ++run_count;
    if (same(reply, outcome, test["unordered"].truthy())) return;
    if (noted.contains(id) || is_unwanted(id)) {
      ++noted_failures;
      if (std::getenv("GOLDEN_NOTED") == nullptr) return;
    }
    ADD_FAILURE() << id << "\n  " << golden::text(command["pipeline"]) << "\n  expected "
                  << bson::to_json(reply).substr(0, 1500) << "\n  got "
                  << text_of(outcome).substr(0, 1500);
  });
  std::cout << run_count << " recorded cases, " << noted_failures
            << " differ where 8.0 does or may, " << unreadable << " unreadable\n";
}

TEST(Stages, RecordedCases) {
  replay("stages", 0);
}

TEST(Stages, RecordedExpressionPipelines) {
  replay("expressions", 2);  // single stages are replayed beside the expressions
}

}  // namespace
}  // namespace freshet::pipeline
