// SPDX-License-Identifier: Apache-2.0
// Shapes in the plane: $box, $polygon and $center.
#pragma once

#include <memory>
#include <vector>

#include "query/geo/sphere_geometry.h"

namespace freshet::query {

/// Borders belong to it.
struct FlatBox {
  GeoPosition low;
  GeoPosition high;

  bool contains(const GeoPosition& place) const;
};

/// Immutable, thread-safe. Borders belong to shapes.
class FlatShape {
 public:
  virtual ~FlatShape() = default;
  virtual bool contains(const GeoPosition& place) const = 0;
  /// A box that holds all of it.
  virtual FlatBox box() const = 0;
};

using FlatShapePtr = std::shared_ptr<const FlatShape>;  ///< shared between a filter and its plans

/// Between two opposite corners, whichever they are.
FlatShapePtr make_box(const GeoPosition& a, const GeoPosition& b);
FlatShapePtr make_circle(const GeoPosition& center, double radius);
/// Requires: at least three corners.
FlatShapePtr make_flat_polygon(std::vector<GeoPosition> corners);

double flat_distance(const GeoPosition& a, const GeoPosition& b);

/// A box that holds all that is at most so far away, as flat_distance() has it.
FlatBox box_around(const GeoPosition& center, double distance);
/// The same on the sphere, in degrees: one box or two. Requires: `center` is on_sphere().
std::vector<FlatBox> boxes_around(const GeoPosition& center, double radians);

}  // namespace freshet::query
