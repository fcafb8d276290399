// SPDX-License-Identifier: Apache-2.0
// $near and $nearSphere in a parsed filter: a distance, and an order.
#pragma once

#include <limits>
#include <optional>
#include <utility>

#include "query/geo/sphere_geometry.h"
#include "query/match_node.h"

namespace freshet::query {

/// Where from, and how far.
struct NearQuery {
  GeoPosition center;
  /// On the sphere, in radians times `unit`; else in the plane.
  bool spherical = true;
  bool geo_json = false;  ///< asked for with a $geometry, which 2d indexes know nothing of
  double unit = 1;
  double distance_min = 0;
  double distance_max = std::numeric_limits<double>::infinity();
};

class NearNode final : public PathNode {
 public:
  NearNode(std::string_view path, const NearQuery& query)
      : PathNode(MatchKind::Near, path, LeafArrays::Open), query_(query) {}
  const NearQuery& query() const { return query_; }

  bool matches_value(bson::ValueView value) const override;
  /// To the nearest of what the document has at the path, as far as it is within the bounds.
  struct Found {
    double distance;
    bson::ValueView place;
  };
  std::optional<Found> nearest(bson::View document) const;

 private:
  std::optional<double> distance(bson::ValueView value) const;
  const NearQuery query_;
};

/// The $near of a filter; null when there is none.
const NearNode* find_near(const MatchNode& root);

}  // namespace freshet::query
