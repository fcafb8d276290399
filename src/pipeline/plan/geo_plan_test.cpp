// SPDX-License-Identifier: Apache-2.0
// 2dsphere indexes: the same answers with and without, and $near in the order of distances.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/plan/plan_testing.h"
#include "query/match_near.h"

namespace freshet::pipeline {
namespace {

constexpr const char* kIdOnly = R"({"_id": 1})";

class GeoPlanTest : public PlanTest {
 protected:
  std::string position() {
    // Half of them close together, the others anywhere, the date line and the poles included.
    if (random_.below(2) == 0) {
      return fmt::format("[{:.4f}, {:.4f}]", random_.unit() * 4, random_.unit() * 4);
    }
    return fmt::format("[{:.4f}, {:.4f}]", random_.unit() * 360 - 180, random_.unit() * 180 - 90);
  }

  std::string square() {
    const double x = random_.unit() * 350 - 178;
    const double y = random_.unit() * 170 - 88;
    const double size = random_.below(2) == 0 ? 0.5 : 3;
    return fmt::format(
        R"({{"type": "Polygon", "coordinates": [[[{0}, {1}], [{2}, {1}], [{2}, {3}], [{0}, {3}],
            [{0}, {1}]]]}})",
        x, y, x + size, y + size);
  }

  std::string place() {
    switch (random_.below(5)) {
      case 0:
        return position();
      case 1:
        return R"({"type": "LineString", "coordinates": [)" + position() + ", " + position() + "]}";
      case 2:
        return square();
      case 3:
        return "[" + position() + ", " + position() + "]";
      default:
        return R"({"type": "Point", "coordinates": )" + position() + "}";
    }
  }

  std::string area() {
    const double radians = random_.below(2) == 0 ? 0.02 : 0.5;
    switch (random_.below(4)) {
      case 0:
        return fmt::format(R"({{"@geoWithin": {{"@centerSphere": [{}, {}]}}}})", position(),
                           radians);
      case 1:
        return R"({"@geoWithin": {"@geometry": )" + square() + "}}";
      case 2:
        return R"({"@geoWithin": {"@geometry": {"type": "Polygon", "coordinates":
                  [[[-1, -1], [5, -1], [5, 5], [-1, 5], [-1, -1]]]}}})";
      default:
        return R"({"@geoIntersects": {"@geometry": )" + square() + "}}";
    }
  }

  void fill(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(
          insert(fmt::format(R"({{"_id": {}, "n": {}, "p": {}}})", i, i % 3, place())).done());
    }
  }
};

TEST_F(GeoPlanTest, TheIndexFindsWhatAScanFinds) {
  index(R"({"key": {"p": "2dsphere"}, "name": "p"})");
  index(R"({"key": {"n": 1, "p": "2dsphere"}, "name": "np"})");
  fill(300);
  int found = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string other = i % 3 == 0 ? R"(, "n": 1)" : "";
    const FindText find{
        .filter = R"({"p": )" + area() + other + "}", .sort = kIdOnly, .projection = kIdOnly};
    rules_.indexes = true;
    const std::vector<std::string> with = run(find);
    EXPECT_NE(explain(find).find("IXSCAN"), std::string::npos);
    rules_.indexes = false;
    EXPECT_EQ(with, run(find)) << find.filter;
    found += static_cast<int>(with.size());
  }
  EXPECT_GT(found, 200) << "areas that hold nothing test nothing";
}

TEST_F(GeoPlanTest, NearGivesAllInOrder) {
  index(R"({"key": {"p": "2dsphere"}, "name": "p"})");
  fill(300);
  const query::SearchScope search{.near = true};
  for (int i = 0; i < 20; ++i) {
    const std::string bound = i % 2 == 0 ? R"(, "@maxDistance": 2e6, "@minDistance": 1e4)" : "";
    const std::string filter = R"({"p": {"@near": {"@geometry": {"type": "Point",
        "coordinates": )" + position() +
                               "}" + bound + "}}}";
    const std::string bytes = filter_from_json(filter);
    const query::Matcher matcher(bson::View(bytes), {.search = &search});
    const query::NearNode& near = *query::find_near(matcher.root());
    std::vector<std::pair<double, std::string>> expected;
    for (const std::string& json : documents()) {
      const std::string document = bson::from_json(json);
      if (const auto at = near.nearest(bson::View(document)))
        expected.emplace_back(at->distance, json);
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    const std::vector<std::string> got = run({.filter = filter});
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t j = 0; j < got.size(); ++j)
      EXPECT_EQ(got[j], expected[j].second) << filter;
  }
}

TEST_F(GeoPlanTest, NearBehindAnotherComponent) {
  index(R"({"key": {"n": 1, "p": "2dsphere"}, "name": "np"})");
  fill(60);
  const std::string near = R"("p": {"@nearSphere": [1, 1]})";
  EXPECT_EQ(run({.filter = "{" + near + "}"}).size(), 60U);
  EXPECT_EQ(run({.filter = "{" + near + R"(, "n": 2})"}).size(), 20U);
}

}  // namespace
}  // namespace freshet::pipeline
