// SPDX-License-Identifier: Apache-2.0
// Shapes on the sphere, and what they have to do with each other. S2 does the geometry and is seen
// in this folder's .cpp files only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::query {

/// Metres for a radian, as MongoDB counts them.
inline constexpr double kEarthRadiusMetres = 6'378'100;

/// A place on the sphere, in degrees; in the plane, x and y.
struct GeoPosition {
  double longitude = 0;
  double latitude = 0;

  bool on_sphere() const;
  bool operator==(const GeoPosition&) const = default;
};

using GeoLine = std::vector<GeoPosition>;

/// Numbers of cells of S2, each standing for itself and all cells within.
using SphereCells = std::vector<std::uint64_t>;

/// Points, lines and polygons together. Immutable once built, and thread-safe then.
class SphereGeometry {
 public:
  SphereGeometry();
  ~SphereGeometry();
  SphereGeometry(const SphereGeometry&) = delete;
  SphereGeometry& operator=(const SphereGeometry&) = delete;

  /// Requires of all: every position is on_sphere().
  void add_points(const std::vector<GeoPosition>& points);
  // Each gives what is wrong with the shape, and adds nothing then.
  std::string add_line(const GeoLine& line);
  /// A closed ring and those of its holes. With `oriented` the inside of the one ring lies to its
  /// left, however large; without, a ring goes round the smaller side.
  std::string add_polygon(const std::vector<GeoLine>& rings, bool oriented);

  /// Made of polygons and nothing else.
  bool is_area() const;

  /// Borders belong to shapes.
  bool intersects(const SphereGeometry& other) const;
  bool contains(const SphereGeometry& other) const;
  /// Radians from `from` to the nearest and to the farthest place of it.
  double nearest(const GeoPosition& from) const;
  double farthest(const GeoPosition& from) const;

  /// Few cells that together hold all of it.
  SphereCells cells(int cells_max) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Few cells that hold everything within `radians` of `center`.
SphereCells cells_around(const GeoPosition& center, double radians, int cells_max);

/// Radians between two places.
double sphere_distance(const GeoPosition& a, const GeoPosition& b);

/// Numbers of cells in an order where what lies within a cell stands side by side.
struct CellRange {
  std::int64_t first;
  std::int64_t last;
};
std::int64_t ordered_cell(std::uint64_t cell);
/// The cells within `cell`, itself among them.
CellRange cells_within(std::uint64_t cell);
/// The cells that `cell` lies within.
std::vector<std::int64_t> cells_above(std::uint64_t cell);

}  // namespace freshet::query
