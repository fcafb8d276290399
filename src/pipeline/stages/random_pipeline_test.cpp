// SPDX-License-Identifier: Apache-2.0
// Random pipelines over random documents: whatever they are, they end with documents or with an
// Error; and memory that is too small changes nothing but that the disk is used, or 292 where it
// must not be.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "pipeline/stages/testing.h"

namespace freshet::pipeline {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string document(int id) {
    std::string fields;
    for (const std::string_view name : kNames) {
      if (random_.below(4) != 0) fields += fmt::format(R"(, "{}": {})", name, value(2));
    }
    return fmt::format(R"({{"_id": {}{}}})", id, fields);
  }

  std::string pipeline() {
    std::string stages;
    const std::uint64_t count = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i)
      stages += (i == 0 ? "" : ", ") + stage(1);
    return "[" + stages + "]";
  }

 private:
  static constexpr std::string_view kNames[] = {"a", "b", "c"};
  static constexpr std::string_view kExpressions[] = {"$abs",      "$add",
                                                      "$and",      "$arrayElemAt",
                                                      "$ceil",     "$cmp",
                                                      "$concat",   "$concatArrays",
                                                      "$convert",  "$dateToString",
                                                      "$divide",   "$eq",
                                                      "$first",    "$floor",
                                                      "$gt",       "$ifNull",
                                                      "$in",       "$indexOfArray",
                                                      "$isArray",  "$last",
                                                      "$ln",       "$mergeObjects",
                                                      "$mod",      "$multiply",
                                                      "$not",      "$objectToArray",
                                                      "$or",       "$pow",
                                                      "$range",    "$reverseArray",
                                                      "$round",    "$setUnion",
                                                      "$size",     "$slice",
                                                      "$split",    "$sqrt",
                                                      "$strLenCP", "$substrCP",
                                                      "$subtract", "$sum",
                                                      "$toDate",   "$toInt",
                                                      "$toString", "$toUpper",
                                                      "$trunc",    "$isNumber",
                                                      "$avg",      "$max",
                                                      "$bsonSize", "$allElementsTrue"};
  static constexpr std::string_view kAccumulators[] = {
      "$sum", "$avg", "$min", "$max", "$push", "$addToSet", "$first", "$last", "$stdDevPop"};
  static constexpr std::string_view kPredicates[] = {"$eq",  "$ne",   "$gt",
                                                     "$lte", "$size", "$exists"};

  std::string_view name() { return kNames[random_.below(std::size(kNames))]; }
  template <std::size_t N>
  std::string_view pick(const std::string_view (&list)[N]) {
    return list[random_.below(N)];
  }

  std::string value(int depth) {
    switch (random_.below(depth > 0 ? 9 : 6)) {
      case 0:
        return "null";
      case 1:
        return fmt::format("\"{}\"", std::string(random_.below(4), 'x'));
      case 2:
        return fmt::format("{}.5", static_cast<int>(random_.below(20)) - 10);
      case 3:
        return fmt::format(R"({{"$numberDecimal": "{}"}})", random_.below(100));
      case 6:
        return fmt::format("[{}, {}]", value(depth - 1), value(depth - 1));
      case 7:
        return fmt::format(R"({{"{}": {}}})", name(), value(depth - 1));
      default:
        return std::to_string(static_cast<int>(random_.below(10)) - 3);
    }
  }

  std::string expression(int depth) {
    if (depth == 0 || random_.below(3) == 0) {
      return random_.below(3) == 0 ? std::to_string(random_.below(5))
                                   : fmt::format("\"${}\"", name());
    }
    std::string operands;
    const std::uint64_t count = 1 + random_.below(3);
    for (std::uint64_t i = 0; i < count; ++i)
      operands += (i == 0 ? "" : ", ") + expression(depth - 1);
    return fmt::format(R"({{"{}": [{}]}})", pick(kExpressions), operands);
  }

  std::string stage(int nesting) {
    switch (random_.below(nesting > 0 ? 15 : 13)) {
      case 0:
        return fmt::format(R"({{"$match": {{"{}": {{"{}": {}}}}}}})", name(), pick(kPredicates),
                           value(0));
      case 1:
        return fmt::format(R"({{"$project": {{"{}": 1, "r": {}}}}})", name(), expression(2));
      case 2:
        return fmt::format(R"({{"$addFields": {{"{}": {}}}}})", name(), expression(2));
      case 3:
        return fmt::format(R"({{"$sort": {{"{}": {}, "_id": 1}}}})", name(),
                           random_.below(2) == 0 ? 1 : -1);
      case 4:
        return fmt::format(R"({{"$group": {{"_id": {}, "a": {{"{}": {}}}}}}})", expression(1),
                           pick(kAccumulators), expression(1));
      case 5:
        return fmt::format(
            R"({{"$unwind": {{"path": "${}", "preserveNullAndEmptyArrays": true}}}})", name());
      case 6:
        return fmt::format(R"({{"$bucketAuto": {{"groupBy": "${}", "buckets": {}}}}})", name(),
                           1 + random_.below(5));
      case 7:
        return window();
      case 8:
        return fmt::format(R"({{"$densify": {{"field": "{}", "range": {{"step": 2, "bounds":
            "full"}}}}}})",
                           name());
      case 9:
        return fmt::format(R"({{"$fill": {{"sortBy": {{"_id": 1}}, "output": {{"{}": {{"method":
            "locf"}}}}}}}})",
                           name());
      case 10:
        return fmt::format(R"({{"$sortByCount": {}}})", expression(1));
      case 11:
        return fmt::format(R"({{"$replaceWith": {{"$mergeObjects": ["$$ROOT", {{"b": {}}}]}}}})",
                           expression(2));
      case 12:
        return R"({"$redact": {"$cond": [{"$gt": ["$a", 1]}, "$$DESCEND", "$$KEEP"]}})";
      case 13:
        return fmt::format(R"({{"$facet": {{"x": [{}], "y": [{}]}}}})", stage(0), stage(0));
      default:
        return fmt::format(R"({{"$lookup": {{"from": "@coll", "localField": "{}", "foreignField":
            "{}", "as": "{}", "pipeline": [{}, {{"$limit": 3}}]}}}})",
                           name(), name(), name(), stage(0));
    }
  }

  std::string window() {
    return fmt::format(R"({{"$setWindowFields": {{"partitionBy": {}, "sortBy": {{"_id": 1}},
        "output": {{"{}": {{"{}": {}, "window": {{"documents": [{}, {}]}}}}}}}}}})",
                       expression(1), name(), pick(kAccumulators), expression(1),
                       -static_cast<int>(random_.below(3)), random_.below(3));
  }

  SeededRandom random_;
};

/// The documents, sorted: groups come in any order.
std::vector<std::string> sorted(testing::Outcome outcome) {
  std::ranges::sort(outcome.documents);
  return outcome.documents;
}

class RandomPipelines : public ::testing::Test {
 protected:
  RandomPipelines()
      : directory_(std::filesystem::temp_directory_path() /
                   fmt::format("freshet_random_{}", ::getpid())),
        area_(directory_.string(), std::uint64_t{1} << 30) {}
  ~RandomPipelines() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path directory_;
  SpillArea area_;
};

TEST_F(RandomPipelines, EndWithDocumentsOrAnErrorWhateverTheMemory) {
  constexpr std::uint64_t kRuns = 600;
  std::size_t successes = 0;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    Generator generator(seed);
    testing::MemoryCollections collections;
    for (int i = 0; i < 60; ++i)
      collections.collections["@coll"].push_back(bson::from_json(generator.document(i)));
    const std::string text = generator.pipeline();
    SCOPED_TRACE(fmt::format("seed {}: {}", seed, text));
    const std::string wrapped = bson::from_json("{\"p\": " + text + "}");
    const bson::View pipeline = bson::View(wrapped)["p"].as_document();
    const testing::Outcome plenty = testing::run(collections, pipeline);
    const testing::Outcome spilled =
        testing::run(collections, pipeline, {.area = &area_, .stage_bytes_max = 1'500});
    const testing::Outcome denied =
        testing::run(collections, pipeline, {.allowed = false, .stage_bytes_max = 1'500});
    ASSERT_EQ(area_.bytes_used(), 0U);
    if (plenty.code == 0 && spilled.code == 0) {
      ASSERT_EQ(plenty.documents.size(), spilled.documents.size());
      ++successes;
    }
    if (denied.code == 0 && plenty.code == 0) {
      ASSERT_EQ(sorted(denied), sorted(plenty));
    }
    if (denied.code != 292 && spilled.code != 292) {
      ASSERT_EQ(denied.code, plenty.code);
    }
  }
  EXPECT_GT(successes, kRuns / 5);  // most of the others fail on types, as they should
}

}  // namespace
}  // namespace freshet::pipeline
