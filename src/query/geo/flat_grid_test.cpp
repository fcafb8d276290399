// SPDX-License-Identifier: Apache-2.0
#include "query/geo/flat_grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "query/geo/sphere_geometry.h"

namespace freshet::query {
namespace {

bool covers(const std::vector<FlatCells>& cells, std::uint64_t cell) {
  return std::any_of(cells.begin(), cells.end(), [cell](const FlatCells& run) {
    return run.first <= cell && cell <= run.last;
  });
}

TEST(FlatGridTest, NumbersQuartersOneAfterTheOther) {
  const FlatGrid grid(0, 4, 2);
  EXPECT_EQ(grid.cell_of({0, 0}), 0U);
  EXPECT_EQ(grid.cell_of({0.5, 1.5}), 1U);
  EXPECT_EQ(grid.cell_of({1, 0}), 2U);
  EXPECT_EQ(grid.cell_of({0, 2}), 4U);
  EXPECT_EQ(grid.cell_of({3.9, 3.9}), 15U);
  EXPECT_EQ(grid.cell_of({4, 4}), 15U) << "the upper border belongs to the last cell";
  EXPECT_TRUE(grid.holds({4, 0}));
  EXPECT_FALSE(grid.holds({4.1, 0}));
  EXPECT_FALSE(grid.holds({0, -0.1}));
  EXPECT_FALSE(grid.holds({std::nan(""), 0}));
}

TEST(FlatGridTest, CoversABoxWithTheCellsItLiesIn) {
  const FlatGrid grid(0, 4, 2);
  EXPECT_EQ(grid.cover({{{0, 0}, {1.5, 1.5}}}), (std::vector<FlatCells>{{0, 3}}));
  EXPECT_EQ(grid.cover({{{1, 1}, {2, 2}}}),
            (std::vector<FlatCells>{{3, 3}, {6, 6}, {9, 9}, {12, 12}}));
  EXPECT_EQ(grid.cover({{{-9, -9}, {9, 9}}}), (std::vector<FlatCells>{{0, 15}}));
  EXPECT_TRUE(grid.cover({{{5, 5}, {9, 9}}}).empty());
  const FlatGrid fine(-180, 180, FlatGrid::kBitsMax);
  EXPECT_EQ(fine.cover({{{-180, -180}, {180, 180}}}),
            (std::vector<FlatCells>{{0, ~std::uint64_t{0}}}));
}

TEST(FlatGridTest, EveryPlaceInABoxIsCovered) {
  SeededRandom random(7);
  for (int i = 0; i < 2000; ++i) {
    const double min = random.unit() * 2000 - 1000;
    const double width = std::ldexp(random.unit() + 0.01, static_cast<int>(random.below(40)) - 20);
    const FlatGrid grid(min, min + width, 1 + static_cast<int>(random.below(FlatGrid::kBitsMax)));
    const auto coordinate = [&] { return min + random.unit() * width; };
    GeoPosition low{coordinate(), coordinate()};
    GeoPosition high{coordinate(), coordinate()};
    if (low.longitude > high.longitude) std::swap(low.longitude, high.longitude);
    if (low.latitude > high.latitude) std::swap(low.latitude, high.latitude);
    const FlatBox box{low, high};
    const std::vector<FlatCells> cells = grid.cover({box});
    EXPECT_LE(cells.size(), 64U);
    std::vector<GeoPosition> places{low, high, {low.longitude, high.latitude}};
    for (int j = 0; j < 10; ++j)
      places.push_back({coordinate(), coordinate()});
    for (const GeoPosition& place : places) {
      if (!grid.holds(place) || !box.contains(place)) continue;
      EXPECT_TRUE(covers(cells, grid.cell_of(place)));
    }
  }
}

TEST(FlatGridTest, BoxesAroundAPlaceHoldWhatIsNear) {
  SeededRandom random(8);
  int near = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto any = [&] {
      return GeoPosition{random.unit() * 360 - 180, random.unit() * 180 - 90};
    };
    const GeoPosition center = any();
    GeoPosition place = any();
    if (random.below(2) == 0)
      place.latitude = std::clamp(center.latitude + random.unit(), -90., 90.);
    const double radians = random.unit() * (random.below(2) == 0 ? 0.1 : 3);
    if (sphere_distance(center, place) > radians) continue;
    ++near;
    const std::vector<FlatBox> boxes = boxes_around(center, radians);
    EXPECT_TRUE(std::any_of(boxes.begin(), boxes.end(),
                            [&](const FlatBox& box) { return box.contains(place); }))
        << center.longitude << " " << center.latitude << " " << radians;
  }
  EXPECT_GT(near, 1000);
}

}  // namespace
}  // namespace freshet::query
