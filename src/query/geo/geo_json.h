// SPDX-License-Identifier: Apache-2.0
// From documents to places and shapes: GeoJSON, and the older pairs of coordinates.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bson/view.h"
#include "query/geo/sphere_geometry.h"

namespace freshet::query {

/// A shape, or what is wrong with it.
struct ParsedGeometry {
  std::shared_ptr<const SphereGeometry> geometry;  ///< null: see `wrong`; shared between plans
  std::string wrong;
};

/// Whether a document means to be GeoJSON: it has a string in `type`.
bool is_geo_json(bson::ValueView value);

/// {type, coordinates} or {type: "GeometryCollection", geometries}. `strict_winding`: the reference
/// system of that name may be asked for, as in queries.
ParsedGeometry parse_geo_json(bson::View document, bool strict_winding = false);

/// The place of a GeoJSON point, wherever it is.
std::optional<GeoPosition> geo_json_point(bson::View document);

/// [x, y] or {x: …, y: …}, whatever the names: the first two fields are numbers.
std::optional<GeoPosition> pair_of_numbers(bson::ValueView value);

/// A stored value as a shape: GeoJSON or a pair. Nothing for any other value; what is wrong with
/// GeoJSON that is none.
std::optional<ParsedGeometry> stored_geometry(bson::ValueView value);

/// A stored value as a place in the plane: a pair, or a GeoJSON point.
std::optional<GeoPosition> stored_place(bson::ValueView value);

}  // namespace freshet::query
