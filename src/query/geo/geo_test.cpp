// SPDX-License-Identifier: Apache-2.0
// Places, shapes, areas and distances, as filters see them.
#include <gtest/gtest.h>

#include <string>

#include "query/geo/geo_json.h"
#include "query/match_near.h"
#include "query/matcher.h"
#include "query/test_support.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;

const SearchScope kSearch{.near = true};

Matcher matcher(std::string_view filter) {
  return {Doc(filter).view(), QueryContext{.search = &kSearch}};
}

bool matches(std::string_view filter, std::string_view document) {
  return matcher(filter).matches(Doc(document).view());
}

std::int32_t code(std::string_view filter) {
  return code_of([&] { matcher(filter); });
}

std::string wrong(std::string_view geo_json) {
  return parse_geo_json(Doc(geo_json).view()).wrong;
}

std::string at(double x, double y) {
  return "{\"p\": [" + std::to_string(x) + ", " + std::to_string(y) + "]}";
}

constexpr std::string_view kSquare =
    R"({"p": {"$geoWithin": {"$geometry": {"type": "Polygon", "coordinates":
        [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]]}}}})";

TEST(GeoJson, RefusesWhatIsNoShape) {
  EXPECT_EQ(wrong(R"({"type": "Point", "coordinates": [1, 2]})"), "");
  EXPECT_EQ(wrong(R"({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]})"), "");
  EXPECT_EQ(wrong(R"({"type": "LineString", "coordinates": [[1, 2], [3, 4]]})"), "");
  EXPECT_EQ(wrong(R"({"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]})"), "");
  EXPECT_EQ(wrong(R"({"type": "MultiPolygon",
                      "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]})"),
            "");
  EXPECT_EQ(wrong(R"({"type": "GeometryCollection",
                      "geometries": [{"type": "Point", "coordinates": [1, 2]}]})"),
            "");
  for (const std::string_view bad :
       {R"({"type": "Point", "coordinates": [181, 2]})", R"({"type": "Point", "coordinates": [1]})",
        R"({"type": "Point", "coordinates": ["a", 2]})", R"({"type": "Point"})",
        R"({"type": "Circle", "coordinates": [1, 2]})",
        R"({"type": "LineString", "coordinates": [[1, 2]]})",
        R"({"type": "LineString", "coordinates": [[1, 2], [1, 2]]})",
        R"({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]})",
        R"({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]})",
        R"({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]],
                                               [[5, 5], [6, 5], [6, 6], [5, 5]]]})",
        R"({"type": "Point", "coordinates": [1, 2],
            "crs": {"type": "name", "properties": {"name": "EPSG:1"}}})",
        R"({"type": "GeometryCollection", "geometries": []})"}) {
    EXPECT_NE(wrong(bad), "") << bad;
  }
}

TEST(GeoWithin, TakesGeometriesOnTheSphere) {
  EXPECT_TRUE(matches(kSquare, at(1, 1)));
  EXPECT_TRUE(matches(kSquare, at(0, 0))) << "the border belongs to it";
  EXPECT_FALSE(matches(kSquare, at(5, 5))) << "in the hole";
  EXPECT_FALSE(matches(kSquare, at(11, 1)));
  EXPECT_FALSE(matches(kSquare, at(1, 1000)));
  EXPECT_TRUE(matches(kSquare, R"({"p": {"x": 1, "y": 1}})"));
  EXPECT_TRUE(matches(kSquare, R"({"p": [[50, 50], [1, 1]]})"));
  EXPECT_TRUE(
      matches(kSquare, R"({"p": {"type": "LineString", "coordinates": [[1, 1], [2, 3]]}})"));
  EXPECT_FALSE(
      matches(kSquare, R"({"p": {"type": "LineString", "coordinates": [[1, 1], [20, 3]]}})"));
  EXPECT_FALSE(matches(kSquare, R"({"p": "text"})"));
  EXPECT_FALSE(matches(kSquare, "{}"));
}

TEST(GeoWithin, TakesShapesInThePlane) {
  const std::string_view box = R"({"p": {"$geoWithin": {"$box": [[0, 0], [4, 2]]}}})";
  EXPECT_TRUE(matches(box, at(4, 2)));
  EXPECT_FALSE(matches(box, at(4, 2.1)));
  EXPECT_TRUE(matches(box, R"({"p": {"type": "Point", "coordinates": [1, 1]}})"));
  const std::string_view triangle =
      R"({"p": {"$geoWithin": {"$polygon": [[0, 0], [4, 0], [0, 4]]}}})";
  EXPECT_TRUE(matches(triangle, at(2, 2)));
  EXPECT_FALSE(matches(triangle, at(2.1, 2.1)));
  const std::string_view circle = R"({"p": {"$within": {"$center": [[500, 500], 5]}}})";
  EXPECT_TRUE(matches(circle, at(503, 504)));
  EXPECT_FALSE(matches(circle, at(504, 504)));
}

TEST(GeoWithin, TakesCapsOfTheSphere) {
  const std::string_view cap = R"({"p": {"$geoWithin": {"$centerSphere": [[179, 0], 0.04]}}})";
  EXPECT_TRUE(matches(cap, at(-179, 0)));
  EXPECT_FALSE(matches(cap, at(-178, 0)));
  EXPECT_FALSE(
      matches(cap, R"({"p": {"type": "LineString", "coordinates": [[179, 0], [-175, 0]]}})"));
}

TEST(GeoIntersects, NeedsOnePlaceInCommon) {
  const std::string_view line =
      R"({"p": {"$geoIntersects": {"$geometry": {"type": "LineString",
          "coordinates": [[0, 0], [10, 0]]}}}})";
  EXPECT_TRUE(matches(line, R"({"p": {"type": "LineString", "coordinates": [[5, -1], [5, 1]]}})"));
  EXPECT_FALSE(matches(line, R"({"p": {"type": "LineString", "coordinates": [[5, 1], [5, 2]]}})"));
  EXPECT_TRUE(matches(line, R"({"p": {"type": "Polygon",
      "coordinates": [[[4, -1], [6, -1], [6, 1], [4, 1], [4, -1]]]}})"));
  EXPECT_TRUE(matches(line, at(10, 0)));
}

TEST(Geo, StrictWindingMeansTheOtherSide) {
  const std::string_view outside =
      R"({"p": {"$geoIntersects": {"$geometry": {"type": "Polygon",
          "coordinates": [[[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]], "crs": {"type": "name",
          "properties": {"name": "urn:x-mongodb:crs:strictwinding:EPSG:4326"}}}}}})";
  EXPECT_FALSE(matches(outside, at(5, 5)));
  EXPECT_TRUE(matches(outside, at(50, 50)));
}

TEST(Geo, RefusesWithCodes) {
  EXPECT_EQ(code(R"({"p": {"$geoWithin": 1}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$geoWithin": {}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$geoWithin": {"$oval": [1]}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$geoWithin": {"$box": [[1, 2]]}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$geoWithin": {"$polygon": [[1, 2], [3, 4]]}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$geoWithin": {"$center": [[1, 2], -1]}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$geoWithin": {"$centerSphere": [[181, 2], 1]}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$geoWithin": {"$geometry": {"type": "Point",
                    "coordinates": [1, 2]}}}})"),
            2);
  EXPECT_EQ(code(R"({"p": {"$geoIntersects": {"$box": [[1, 2], [3, 4]]}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$near": "x"}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$near": {"$maxDistance": 5}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$near": [1, 2], "$maxDistance": -1}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$near": [1, 2, -1]}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$near": [1, 2, 3]}})"), 0);
  EXPECT_EQ(code(R"({"p": {"$maxDistance": 1}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$nearSphere": [181, 2]}})"), 2);
  EXPECT_EQ(code(R"({"$or": [{"p": {"$near": [1, 2]}}, {"a": 1}]})"), 2);
  EXPECT_EQ(code(R"({"p": {"$not": {"$near": [1, 2]}}})"), 2);
  EXPECT_EQ(code(R"({"p": {"$near": [1, 2]}, "q": {"$near": [1, 2]}})"), 2);
  EXPECT_EQ(code_of([] { Matcher(Doc(R"({"p": {"$near": [1, 2]}})").view(), QueryContext{}); }),
            5626500);
}

TEST(Near, KnowsTheDistance) {
  const Matcher metres = matcher(R"({"p": {"$near": {"$geometry": {"type": "Point",
      "coordinates": [0, 0]}, "$minDistance": 1000, "$maxDistance": 200000}}})");
  const NearNode* near = find_near(metres.root());
  ASSERT_NE(near, nullptr);
  const Doc document(R"({"p": [[9, 0], [0, 1], [0, 0]]})");
  const auto found = near->nearest(document.view());
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->distance, 111'318.8, 1) << "the nearest of those in the bounds";
  EXPECT_TRUE(metres.matches(document.view()));
  EXPECT_FALSE(metres.matches(Doc(R"({"p": [0, 0]})").view()));
  EXPECT_FALSE(metres.matches(Doc(R"({"p": [0, 9]})").view()));
  const Matcher radians = matcher(R"({"p": {"$nearSphere": [0, 0], "$maxDistance": 0.02}})");
  EXPECT_TRUE(radians.matches(Doc(R"({"p": [0, 1]})").view()));
  EXPECT_FALSE(radians.matches(Doc(R"({"p": [0, 2]})").view()));
}

// Whatever shares a place with an area has a cell that lies within one of the area's, or around it.
TEST(Geo, CellsMeetWhereShapesDo) {
  for (double latitude = -89; latitude < 90; latitude += 7) {
    const GeoPosition center{latitude * 2, latitude};
    const SphereCells around = cells_around(center, 0.05, 20);
    SphereGeometry point;
    point.add_points({center});
    const std::int64_t cell = ordered_cell(point.cells(12).front());
    bool meets = false;
    for (const std::uint64_t each : around) {
      const CellRange range = cells_within(each);
      meets = meets || (range.first <= cell && cell <= range.last);
    }
    EXPECT_TRUE(meets) << latitude;
  }
}

}  // namespace
}  // namespace freshet::query
