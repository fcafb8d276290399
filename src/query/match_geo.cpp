// SPDX-License-Identifier: Apache-2.0
#include "query/match_geo.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "query/geo/geo_json.h"
#include "query/match_parse.h"

namespace freshet::query {
namespace {

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  raise(ErrorCode::BadValue, "{}: {}", name, why);
}

/// The places of an array, each a pair.
std::vector<GeoPosition> places(const bson::Element& argument) {
  if (!argument.is_document() && !argument.is_array()) refuse(argument.name(), "expected an array");
  std::vector<GeoPosition> out;
  for (const bson::Element& each : argument.as_document()) {
    const auto place = pair_of_numbers(each);
    if (!place) refuse(argument.name(), "expected points of two numbers");
    out.push_back(*place);
  }
  return out;
}

GeoArea box(const bson::Element& argument) {
  const std::vector<GeoPosition> corners = places(argument);
  if (corners.size() != 2) refuse(argument.name(), "expected two corners");
  return {.flat = make_box(corners[0], corners[1])};
}

GeoArea flat_polygon(const bson::Element& argument) {
  std::vector<GeoPosition> corners = places(argument);
  if (corners.size() < 3) refuse(argument.name(), "a polygon must have at least 3 points");
  return {.flat = make_flat_polygon(std::move(corners))};
}

GeoArea::Cap round(const bson::Element& argument) {
  if (!argument.is_array()) refuse(argument.name(), "expected an array");
  auto at = argument.as_document().begin();
  const auto end = argument.as_document().end();
  if (at == end) refuse(argument.name(), "expected a center");
  const auto center = pair_of_numbers(*at);
  if (!center) refuse(argument.name(), "the center must be a point of two numbers");
  if (++at == end || !at->is_number()) refuse(argument.name(), "the radius must be a number");
  const double radius = at->number_as_double();
  if (!(radius >= 0)) refuse(argument.name(), "the radius must not be negative");
  if (++at != end) refuse(argument.name(), "expected a center and a radius, and nothing more");
  return {*center, radius};
}

GeoArea circle(const bson::Element& argument) {
  const GeoArea::Cap around = round(argument);
  return {.flat = make_circle(around.center, around.radians)};
}

GeoArea cap(const bson::Element& argument) {
  const GeoArea::Cap around = round(argument);
  if (!around.center.on_sphere()) refuse(argument.name(), "longitude/latitude is out of bounds");
  return {.cap = around};
}

GeoArea geometry(const bson::Element& argument) {
  if (!is_geo_json(argument)) refuse(argument.name(), "expected a GeoJSON object");
  ParsedGeometry parsed = parse_geo_json(argument.as_document(), true);
  if (parsed.geometry == nullptr) refuse(argument.name(), parsed.wrong);
  return {.geometry = std::move(parsed.geometry)};
}

struct Specifier {
  std::string_view name;
  GeoArea (*parse)(const bson::Element& argument);
};

constexpr Specifier kSpecifiers[] = {
    {"$box", box},           {"$center", circle},        {"$centerSphere", cap},
    {"$geometry", geometry}, {"$polygon", flat_polygon},
};

GeoArea parse_area(const bson::Element& argument) {
  const std::string_view op = argument.name();
  if (!argument.is_document()) refuse(op, "expected an object");
  std::optional<GeoArea> out;
  for (const bson::Element& field : argument.as_document()) {
    if (field.name() == "$uniqueDocs") continue;  // once an option; documents come once anyway
    const auto* found =
        std::find_if(std::begin(kSpecifiers), std::end(kSpecifiers),
                     [&](const Specifier& row) { return row.name == field.name(); });
    if (found == std::end(kSpecifiers)) {
      raise(ErrorCode::BadValue, "unknown geo specifier: {}", field.name());
    }
    if (out) refuse(op, "expected one shape");
    out = found->parse(field);
  }
  if (!out) refuse(op, "expected a shape");
  return std::move(*out);
}

}  // namespace

bool GeoArea::contains(bson::ValueView value) const {
  if (flat != nullptr) {
    const auto place = stored_place(value);
    return place && flat->contains(*place);
  }
  const auto stored = stored_geometry(value);
  if (!stored || stored->geometry == nullptr) return false;
  if (geometry != nullptr) return geometry->contains(*stored->geometry);
  return stored->geometry->farthest(cap->center) <= cap->radians;
}

bool GeoArea::intersects(bson::ValueView value) const {
  const auto stored = stored_geometry(value);
  return stored && stored->geometry != nullptr && geometry->intersects(*stored->geometry);
}

SphereCells GeoArea::cells(int cells_max) const {
  if (geometry != nullptr) return geometry->cells(cells_max);
  return cells_around(cap->center, cap->radians, cells_max);
}

std::vector<FlatBox> GeoArea::boxes() const {
  if (flat != nullptr) return {flat->box()};
  return boxes_around(cap->center, cap->radians);
}

MatchNodePtr parse_geo_within(const FieldPredicate& predicate, MatchParse&) {
  GeoArea area = parse_area(predicate.argument);
  if (area.geometry != nullptr && !area.geometry->is_area()) {
    refuse(predicate.argument.name(), "expected a Polygon or MultiPolygon");
  }
  return std::make_unique<GeoNode>(predicate.path, GeoNode::Test::Within, std::move(area));
}

MatchNodePtr parse_geo_intersects(const FieldPredicate& predicate, MatchParse&) {
  GeoArea area = parse_area(predicate.argument);
  if (area.geometry == nullptr) {
    refuse(predicate.argument.name(), "expected a $geometry");
  }
  return std::make_unique<GeoNode>(predicate.path, GeoNode::Test::Intersects, std::move(area));
}

}  // namespace freshet::query
