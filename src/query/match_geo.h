// SPDX-License-Identifier: Apache-2.0
// $geoWithin and $geoIntersects in a parsed filter.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "query/geo/flat_shape.h"
#include "query/geo/sphere_geometry.h"
#include "query/match_node.h"

namespace freshet::query {

/// What stored shapes are held against.
struct GeoArea {
  /// Everything within so many radians of a place.
  struct Cap {
    GeoPosition center;
    double radians;
  };
  // One of them is set.
  std::shared_ptr<const SphereGeometry> geometry;  ///< shared between a filter and its plans
  std::optional<Cap> cap;
  FlatShapePtr flat;

  /// All of the stored value lies in it.
  bool contains(bson::ValueView value) const;
  /// They have a place in common. Requires: `geometry`.
  bool intersects(bson::ValueView value) const;
  /// Few cells that hold it. Requires: it is not flat.
  SphereCells cells(int cells_max) const;
  /// Few boxes in the plane that hold every pair of numbers that it contains. Requires: it has no
  /// `geometry`.
  std::vector<FlatBox> boxes() const;
};

class GeoNode final : public PathNode {
 public:
  enum class Test { Within, Intersects };
  GeoNode(std::string_view path, Test test, GeoArea area)
      : PathNode(MatchKind::Geo, path, LeafArrays::Open), test_(test), area_(std::move(area)) {}
  const GeoArea& area() const { return area_; }
  bool matches_value(bson::ValueView value) const override {
    return test_ == Test::Within ? area_.contains(value) : area_.intersects(value);
  }

 private:
  Test test_;
  GeoArea area_;
};

}  // namespace freshet::query
