// SPDX-License-Identifier: Apache-2.0
// $setWindowFields with every function and both kinds of window, $fill, $densify; and that sliding
// windows give what adding up anew gives.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pipeline/stages/testing.h"

namespace freshet::pipeline {
namespace {

using testing::run_over;

const std::vector<std::string> kSeries = {
    R"({"_id": 1, "p": "a", "t": 1, "v": 10})", R"({"_id": 2, "p": "a", "t": 2, "v": 20})",
    R"({"_id": 3, "p": "a", "t": 2, "v": 5})",  R"({"_id": 4, "p": "a", "t": 5, "v": 40})",
    R"({"_id": 5, "p": "b", "t": 1, "v": 7})",
};

/// The values of `r` in order of _id.
std::string window(std::string_view function, std::string_view sort = R"({"t": 1, "_id": 1})",
                   const std::vector<std::string>& documents = kSeries) {
  return run_over(
      documents,
      fmt::format(R"([{{"$setWindowFields": {{"partitionBy": "$p", "sortBy": {}, "output":
                      {{"r": {}}}}}}}, {{"$sort": {{"_id": 1}}}}, {{"$group": {{"_id": null, "r":
                      {{"$push": "$r"}}}}}}, {{"$project": {{"_id": 0}}}}])",
                  sort, function));
}

TEST(Windows, OfDocuments) {
  EXPECT_EQ(window(R"({"$sum": "$v"})"), R"({ "r" : [ 75, 75, 75, 75, 7 ] })");
  EXPECT_EQ(window(R"({"$sum": "$v", "window": {"documents": ["unbounded", "current"]}})"),
            R"({ "r" : [ 10, 30, 35, 75, 7 ] })");
  EXPECT_EQ(window(R"({"$sum": "$v", "window": {"documents": [-1, 0]}})"),
            R"({ "r" : [ 10, 30, 25, 45, 7 ] })");
  EXPECT_EQ(window(R"({"$max": "$v", "window": {"documents": [1, 2]}})"),
            R"({ "r" : [ 20, 40, 40, null, null ] })");
  EXPECT_EQ(window(R"({"$push": "$v", "window": {"documents": [-1, 1]}})"),
            R"({ "r" : [ [ 10, 20 ], [ 10, 20, 5 ], [ 20, 5, 40 ], [ 5, 40 ], [ 7 ] ] })");
  EXPECT_EQ(window(R"({"$first": "$v", "window": {"documents": [-1, 1]}})"),
            R"({ "r" : [ 10, 10, 20, 5, 7 ] })");
  EXPECT_EQ(window(R"({"$minN": {"input": "$v", "n": 1}, "window": {"documents": [-1, 0]}})"),
            R"({ "r" : [ [ 10 ], [ 10 ], [ 5 ], [ 5 ], [ 7 ] ] })");
  EXPECT_EQ(window(R"({"$count": {}, "window": {"documents": [-1, 0]}})"),
            R"({ "r" : [ 1, 2, 2, 2, 1 ] })");
}

TEST(Windows, OfRanges) {
  EXPECT_EQ(window(R"({"$sum": "$v", "window": {"range": [-1, 0]}})", R"({"t": 1})"),
            R"({ "r" : [ 10, 35, 35, 40, 7 ] })");
  EXPECT_EQ(
      window(R"({"$sum": "$v", "window": {"range": ["current", "unbounded"]}})", R"({"t": 1})"),
      R"({ "r" : [ 75, 65, 65, 40, 7 ] })");
  EXPECT_EQ(window(R"({"$sum": "$v", "window": {"range": [3, 10]}})", R"({"t": 1})"),
            R"({ "r" : [ 40, 40, 40, 0, 0 ] })");
  const std::vector<std::string> dates = {
      R"({"_id": 1, "t": {"$date": "2024-01-31T00:00:00Z"}, "v": 1})",
      R"({"_id": 2, "t": {"$date": "2024-02-29T00:00:00Z"}, "v": 2})",
      R"({"_id": 3, "t": {"$date": "2024-04-30T00:00:00Z"}, "v": 4})"};
  EXPECT_EQ(window(R"({"$sum": "$v", "window": {"range": [-1, 0], "unit": "month"}})",
                   R"({"t": 1})", dates),
            R"({ "r" : [ 1, 3, 4 ] })");
  EXPECT_EQ(window(R"({"$sum": "$v", "window": {"range": [-31, 0], "unit": "day"}})", R"({"t": 1})",
                   dates),
            R"({ "r" : [ 1, 3, 4 ] })");
  EXPECT_EQ(window(R"({"$sum": "$v", "window": {"range": [-1, 0]}})", R"({"t": 1})", dates),
            "error 5429414");
}

TEST(Windows, Order) {
  EXPECT_EQ(window(R"({"$rank": {}})", R"({"t": 1})"), R"({ "r" : [ 1, 2, 2, 4, 1 ] })");
  EXPECT_EQ(window(R"({"$denseRank": {}})", R"({"t": 1})"), R"({ "r" : [ 1, 2, 2, 3, 1 ] })");
  EXPECT_EQ(window(R"({"$documentNumber": {}})"), R"({ "r" : [ 1, 2, 3, 4, 1 ] })");
  EXPECT_EQ(window(R"({"$shift": {"output": "$v", "by": 1, "default": -1}})"),
            R"({ "r" : [ 20, 5, 40, -1, -1 ] })");
  EXPECT_EQ(window(R"({"$shift": {"output": "$v", "by": -2}})"),
            R"({ "r" : [ null, null, 10, 20, null ] })");
  EXPECT_EQ(window(R"({"$rank": {}})", R"({"t": 1, "_id": 1})"), "error 5371602");
  EXPECT_EQ(window(R"({"$rank": {"x": 1}})", R"({"t": 1})"), "error 5371603");
}

TEST(Windows, Series) {
  EXPECT_EQ(window(R"({"$expMovingAvg": {"input": "$v", "N": 3}})"),
            R"({ "r" : [ 10.0, 15.0, 10.0, 25.0, 7.0 ] })");
  const std::vector<std::string> line = {R"({"_id": 1, "t": 0, "v": 0})",
                                         R"({"_id": 2, "t": 2, "v": 4})",
                                         R"({"_id": 3, "t": 3, "v": 10})"};
  EXPECT_EQ(window(R"({"$derivative": {"input": "$v"}, "window": {"documents": [-1, 0]}})",
                   R"({"t": 1})", line),
            R"({ "r" : [ null, 2.0, 6.0 ] })");
  EXPECT_EQ(window(R"({"$integral": {"input": "$v"}})", R"({"t": 1})", line),
            R"({ "r" : [ 11.0, 11.0, 11.0 ] })");
  EXPECT_EQ(window(R"({"$integral": {"input": "$v"}, "window": {"documents": [-1, 0]}})",
                   R"({"t": 1})", line),
            R"({ "r" : [ 0.0, 4.0, 7.0 ] })");
  EXPECT_EQ(window(R"({"$covariancePop": ["$t", "$v"], "window": {"documents": ["unbounded", 0]}})",
                   R"({"t": 1})", {line[0], line[1]}),
            R"({ "r" : [ 0.0, 2.0 ] })");
  EXPECT_EQ(window(R"({"$covarianceSamp": ["$t", "$v"], "window": {"documents": [-1, 0]}})",
                   R"({"t": 1})", {line[0], line[1]}),
            R"({ "r" : [ null, 4.0 ] })");
}

TEST(Windows, SlidingGivesWhatAddingUpAnewGives) {
  SeededRandom random(11);
  std::vector<std::string> documents;
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t kind = random.next() % 6;
    const int number = static_cast<int>(random.next() % 40) - 20;
    const std::string value = kind == 0   ? "null"
                              : kind == 1 ? fmt::format(R"({{"$numberLong": "{}"}})", number)
                              : kind == 2 ? fmt::format("{}.5", number)
                              : kind == 3 ? R"("text")"
                                          : std::to_string(number);
    documents.push_back(fmt::format(R"({{"_id": {}, "t": {}, "v": {}}})", i, i / 2, value));
  }
  // $minN and $reduce-like forms have no state of their own that slides; these pairs must agree.
  const std::string query = R"([{"$setWindowFields": {"sortBy": {"_id": 1}, "output": {
      "sum": {"$sum": "$v", "window": {"documents": [-7, 3]}},
      "avg": {"$avg": "$v", "window": {"documents": [-7, 3]}},
      "min": {"$min": "$v", "window": {"documents": [-7, 3]}},
      "max": {"$max": "$v", "window": {"documents": [-7, 3]}},
      "all": {"$push": "$v", "window": {"documents": [-7, 3]}},
      "dev": {"$stdDevPop": "$v", "window": {"documents": [-7, 3]}}}}},
      {"$project": {"_id": 0, "sum": {"$eq": ["$sum", {"$sum": "$all"}]},
                    "avg": {"$eq": ["$avg", {"$avg": "$all"}]},
                    "min": {"$eq": ["$min", {"$min": "$all"}]},
                    "max": {"$eq": ["$max", {"$max": "$all"}]},
                    "size": {"$lte": [{"$size": "$all"}, 11]},
                    "dev": {"$lt": [{"$abs": {"$subtract": [{"$ifNull": ["$dev", 0]},
                        {"$ifNull": [{"$stdDevPop": "$all"}, 0]}]}}, 1e-9]}}},
      {"$group": {"_id": "$$ROOT", "n": {"$sum": 1}}}])";
  EXPECT_EQ(run_over(documents, query),
            R"({ "_id" : { "sum" : true, "avg" : true, "min" : true, "max" : true, "size" : true, )"
            R"("dev" : true }, "n" : 300 })");
}

TEST(Windows, Refused) {
  EXPECT_EQ(window(R"({"$bogus": 1})"), "error 9");
  EXPECT_EQ(window(R"({"$sum": 1, "window": {"documents": [1, 0]}})"), "error 5339900");
  EXPECT_EQ(window(R"({"$sum": 1, "window": {"documents": [0.5, 1]}})"), "error 9");
  EXPECT_EQ(window(R"({"$sum": 1, "window": {"range": [0, 1], "documents": [0, 1]}})"), "error 9");
  EXPECT_EQ(window(R"({"$sum": 1, "window": {"range": [0, 1]}})"), "error 5339902");
  EXPECT_EQ(run_over(kSeries, R"([{"$setWindowFields": {"output": {"r": {"$sum": 1, "window":
                {"documents": [0, 1]}}}}}])"),
            "error 5339901");
  EXPECT_EQ(run_over(kSeries, R"([{"$setWindowFields": {"bogus": 1, "output": {}}}])"),
            "error 40415");
  EXPECT_EQ(run_over(kSeries, R"([{"$setWindowFields": {"partitionBy": [1], "output":
                {"r": {"$sum": 1}}}}])"),
            "error 14");
}

TEST(Fill, Values) {
  const std::vector<std::string> gaps = {
      R"({"_id": 1, "t": 0, "v": 1})", R"({"_id": 2, "t": 1, "v": null})", R"({"_id": 3, "t": 4})",
      R"({"_id": 4, "t": 5, "v": 6})", R"({"_id": 5, "t": 6})"};
  const auto filled = [&](std::string_view output) {
    return run_over(gaps, fmt::format(R"([{{"$fill": {{"sortBy": {{"t": 1}}, "output": {{"v":
        {}}}}}}}, {{"$group": {{"_id": 0, "v": {{"$push": "$v"}}}}}}])",
                                      output));
  };
  EXPECT_EQ(filled(R"({"method": "linear"})"), R"({ "_id" : 0, "v" : [ 1, 2.0, 5.0, 6, null ] })");
  EXPECT_EQ(filled(R"({"method": "locf"})"), R"({ "_id" : 0, "v" : [ 1, 1, 1, 6, 6 ] })");
  EXPECT_EQ(filled(R"({"value": {"$add": [1, 1]}})"), R"({ "_id" : 0, "v" : [ 1, 2, 2, 6, 2 ] })");
  EXPECT_EQ(filled(R"({"method": "bogus"})"), "error 6050202");
}

TEST(Densify, Numbers) {
  const std::vector<std::string> documents = {R"({"p": "a", "v": 1})", R"({"p": "a", "v": 4})",
                                              R"({"p": "b", "v": 6})"};
  const auto values = [&](std::string_view rest) {
    return run_over(documents, fmt::format(R"([{{"$densify": {{"field": "v", {}}}}}, {{"$group":
        {{"_id": "$p", "v": {{"$push": "$v"}}}}}}, {{"$sort": {{"_id": 1}}}}])",
                                           rest));
  };
  EXPECT_EQ(values(R"("range": {"step": 2, "bounds": "full"}, "partitionByFields": ["p"])"),
            R"({ "_id" : "a", "v" : [ 1, 3, 4, 5 ] } { "_id" : "b", "v" : [ 1, 3, 5, 6 ] })");
  EXPECT_EQ(values(R"("range": {"step": 2, "bounds": "partition"}, "partitionByFields": ["p"])"),
            R"({ "_id" : "a", "v" : [ 1, 3, 4 ] } { "_id" : "b", "v" : [ 6 ] })");
  EXPECT_EQ(values(R"("range": {"step": 2, "bounds": [2, 8]}, "partitionByFields": ["p"])"),
            R"({ "_id" : "a", "v" : [ 1, 2, 4, 6 ] } { "_id" : "b", "v" : [ 2, 4, 6 ] })");
  EXPECT_EQ(values(R"("range": {"step": 0, "bounds": "full"})"), "error 5733401");
  EXPECT_EQ(values(R"("range": {"step": 1, "bounds": "partition"})"), "error 5733408");
  EXPECT_EQ(values(R"("range": {"step": 0.000001, "bounds": "full"})"), "error 5897900");
}

TEST(Densify, Dates) {
  EXPECT_EQ(run_over({R"({"v": {"$date": "2024-01-01T00:00:00Z"}})", R"({"v": null})",
                      R"({"v": {"$date": "2024-01-01T02:00:00Z"}})"},
                     R"([{"$densify": {"field": "v", "range": {"step": 1, "unit": "hour", "bounds":
                         "full"}}}, {"$project": {"v": {"$hour": "$v"}}}])"),
            R"({ "v" : null } { "v" : 0 } { "v" : 1 } { "v" : 2 })");
}

}  // namespace
}  // namespace freshet::pipeline
