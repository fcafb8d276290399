// SPDX-License-Identifier: Apache-2.0
// 2d indexes of all kinds of grids: the same answers with and without, and $near in the order of
// distances.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pipeline/plan/plan_testing.h"
#include "query/match_near.h"

namespace freshet::pipeline {
namespace {

constexpr const char* kIdOnly = R"({"_id": 1})";

/// The parameter is the seed that the grid comes from; places are those of a lattice often, so that
/// borders and equal distances are met.
class FlatPlanTest : public PlanTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    PlanTest::SetUp();
    random_.below(2);
    for (int i = 0; i < GetParam(); ++i)
      random_.next();
    // The first is the grid that an index has when nothing is said.
    if (GetParam() == 0) return;
    min_ = std::floor(random_.unit() * 400 - 300);
    max_ = min_ + 1 + std::floor(random_.unit() * 500);
    options_ = fmt::format(R"(, "min": {}, "max": {}, "bits": {})", min_, max_,
                           1 + random_.below(query::FlatGrid::kBitsMax));
  }

  double coordinate() {
    const double exact = min_ + random_.unit() * (max_ - min_);
    return random_.below(3) == 0 ? exact : std::clamp(std::round(exact), min_, max_);
  }
  std::string position() { return fmt::format("[{}, {}]", coordinate(), coordinate()); }

  std::string place() {
    switch (random_.below(8)) {
      case 0:
        return fmt::format(R"({{"x": {}, "y": {}}})", coordinate(), coordinate());
      case 1:
        return "[" + position() + ", " + position() + "]";
      case 2:
        return fmt::format(R"([{{"x": {}, "y": {}}}, {}])", coordinate(), coordinate(), position());
      case 3:
        return random_.below(2) == 0 ? "null" : "[]";
      default:
        return position();
    }
  }

  /// On the sphere, whatever the grid.
  std::string on_sphere() {
    return fmt::format("[{}, {}]", std::clamp(coordinate(), -180.0, 180.0),
                       std::clamp(coordinate(), -90.0, 90.0));
  }

  std::string area() {
    const double size = std::ceil((max_ - min_) * random_.unit() / 3);
    switch (random_.below(4)) {
      case 0:
        return R"({"@box": [)" + position() + ", " + position() + "]}";
      case 1:
        return fmt::format(R"({{"@center": [{}, {}]}})", position(), size);
      case 2:
        return fmt::format(R"({{"@centerSphere": [{}, {}]}})", on_sphere(), random_.unit());
      default:
        return R"({"@polygon": [)" + position() + ", " + position() + ", " + position() + ", " +
               position() + "]}";
    }
  }

  std::string near() {
    const std::string bounds =
        random_.below(2) == 0
            ? ""
            : fmt::format(R"(, "@minDistance": {}, "@maxDistance": {})", random_.below(3),
                          std::ceil((max_ - min_) * random_.unit()));
    switch (random_.below(3)) {
      case 0:
        return fmt::format(R"({{"@near": [{}, {}]{}}})", coordinate() * 2, coordinate(), bounds);
      case 1:
        return fmt::format(R"({{"@near": [{}, {}, {}]}})", coordinate(), coordinate(),
                           std::ceil((max_ - min_) * random_.unit()));
      default:
        return fmt::format(R"({{"@nearSphere": {}, "@maxDistance": {}}})", on_sphere(),
                           random_.unit() * 3.2);
    }
  }

  void fill(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string other = i % 7 == 0 ? "[1, 2]" : fmt::format("{}", i % 3);
      ASSERT_TRUE(
          insert(fmt::format(R"({{"_id": {}, "n": {}, "p": {}}})", i, other, place())).done());
    }
  }

  double min_ = -180;
  double max_ = 180;
  std::string options_;
};

TEST_P(FlatPlanTest, TheIndexFindsWhatAScanFinds) {
  index(R"({"key": {"p": "2d", "n": 1}, "name": "p")" + options_ + "}");
  fill(200);
  int found = 0;
  for (int i = 0; i < 120; ++i) {
    const std::string other = i % 3 == 0 ? R"(, "n": 1)" : "";
    const FindText find{.filter = R"({"p": {"@geoWithin": )" + area() + "}" + other + "}",
                        .sort = kIdOnly,
                        .projection = kIdOnly};
    rules_.indexes = true;
    const std::vector<std::string> with = run(find);
    EXPECT_NE(explain(find).find("IXSCAN"), std::string::npos);
    rules_.indexes = false;
    EXPECT_EQ(with, run(find)) << find.filter << options_;
    found += static_cast<int>(with.size());
  }
  EXPECT_GT(found, 100) << "areas that hold nothing test nothing";
}

TEST_P(FlatPlanTest, NearGivesAllInOrder) {
  index(R"({"key": {"p": "2d"}, "name": "p")" + options_ + "}");
  fill(200);
  const query::SearchScope search{.near = true};
  int found = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string filter = R"({"p": )" + near() + (i % 4 == 0 ? R"(, "n": 1})" : "}");
    const std::string bytes = filter_from_json(filter);
    const query::Matcher matcher(bson::View(bytes), {.search = &search});
    const query::NearNode& node = *query::find_near(matcher.root());
    std::vector<std::pair<double, std::string>> expected;
    for (const std::string& json : documents()) {
      const std::string document = bson::from_json(json);
      if (!matcher.matches(bson::View(document))) continue;
      expected.emplace_back(node.nearest(bson::View(document))->distance, json);
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> sorted;
    for (const auto& each : expected)
      sorted.push_back(each.second);
    EXPECT_EQ(run({.filter = filter}), sorted) << filter << options_;
    sorted.resize(std::min<std::size_t>(sorted.size(), 5));
    EXPECT_EQ(run({.filter = filter, .limit = 5}), sorted) << filter << options_;
    EXPECT_NE(explain({.filter = filter}).find("GEO_NEAR_2D\""), std::string::npos);
    found += static_cast<int>(expected.size());
  }
  EXPECT_GT(found, 200);
}

INSTANTIATE_TEST_SUITE_P(Grids, FlatPlanTest, testing::Range(0, 12));

class FlatNearTest : public PlanTest {
 protected:
  /// How many keys a find looks at before it has its documents.
  std::int64_t examined(const FindText& text) {
    const auto find = find_of(text);
    const auto plan = plan_find(services(), find->spec, op_);
    run(*plan);
    return plan->examined().keys;
  }
};

TEST_F(FlatNearTest, ALimitEndsTheSearch) {
  index(R"({"key": {"p": "2d"}, "name": "p"})");
  for (int i = 0; i < 1600; ++i)
    ASSERT_TRUE(insert(fmt::format(R"({{"_id": {}, "p": [{}, {}]}})", i, i % 40, i / 40)).done());
  EXPECT_LT(examined({.filter = R"({"p": {"@near": [20, 20]}})", .limit = 3}), 400);
  EXPECT_GE(examined({.filter = R"({"p": {"@near": [20, 20]}})"}), 1600);
}

TEST_F(FlatNearTest, NeedsAnIndexThatKnowsTheDistance) {
  ASSERT_TRUE(insert(R"({"_id": 1, "p": [1, 1]})").done());
  const auto code = [this](const char* filter) {
    try {
      run({.filter = filter});
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::OK;
  };
  const char* flat = R"({"p": {"@near": [1, 1]}})";
  const char* sphere =
      R"({"p": {"@near": {"@geometry": {"type": "Point", "coordinates": [1, 1]}}}})";
  EXPECT_EQ(code(flat), ErrorCode::NoQueryExecutionPlans);
  index(R"({"key": {"p": "2d"}, "name": "p"})");
  EXPECT_EQ(code(flat), ErrorCode::OK);
  EXPECT_EQ(code(sphere), ErrorCode::NoQueryExecutionPlans);
  EXPECT_EQ(code(R"({"p": {"@nearSphere": [1, 1]}})"), ErrorCode::OK);
  index(R"({"key": {"p": "2dsphere"}, "name": "s"})");
  EXPECT_EQ(code(sphere), ErrorCode::OK);
}

}  // namespace
}  // namespace freshet::pipeline
