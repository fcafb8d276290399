// SPDX-License-Identifier: Apache-2.0
#include "query/match_near.h"

#include "base/error.h"
#include "query/geo/flat_shape.h"
#include "query/geo/geo_json.h"
#include "query/match_parse.h"

namespace freshet::query {
namespace {

constexpr std::string_view kMax = "$maxDistance";
constexpr std::string_view kMin = "$minDistance";

double distance_from(const bson::Element& field) {
  const double distance = field.is_number() ? field.number_as_double() : -1;
  if (!(distance >= 0)) {
    raise(ErrorCode::BadValue, "{} must be a number that is not negative", field.name());
  }
  return distance;
}

/// False for a field that is no bound.
bool read_bound(const bson::Element& field, NearQuery& out) {
  if (field.name() == kMax) {
    out.distance_max = distance_from(field);
  } else if (field.name() == kMin) {
    out.distance_min = distance_from(field);
  } else {
    return false;
  }
  return true;
}

void read_center(const bson::Element& geometry, NearQuery& out) {
  const auto center = is_geo_json(geometry) ? geo_json_point(geometry.as_document()) : std::nullopt;
  if (!center || !center->on_sphere()) {
    raise(ErrorCode::BadValue, "$geometry of a $near must be a GeoJSON point on the sphere");
  }
  out = {.center = *center,
         .spherical = true,
         .geo_json = true,
         .unit = kEarthRadiusMetres,
         .distance_min = out.distance_min,
         .distance_max = out.distance_max};
}

/// {$geometry: …, $maxDistance: …}.
NearQuery of_geometry(bson::View argument) {
  if (argument["$geometry"].missing()) {
    raise(ErrorCode::BadValue, "a $near with operators in it needs a $geometry");
  }
  NearQuery out;
  for (const bson::Element& field : argument) {
    if (field.name() == "$geometry") {
      read_center(field, out);
    } else if (!read_bound(field, out)) {
      raise(ErrorCode::BadValue, "invalid argument in geo near query: {}", field.name());
    }
  }
  return out;
}

/// [x, y, d]: the oldest way to say $maxDistance.
void read_third(bson::View numbers, NearQuery& out) {
  auto at = numbers.begin();
  for (int i = 0; i < 2 && at != numbers.end(); ++i)
    ++at;
  if (at != numbers.end()) out.distance_max = distance_from(*at);
}

/// The pair of coordinates; bounds stand beside the operator.
NearQuery of_pair(const FieldPredicate& predicate) {
  const std::string_view op = predicate.argument.name();
  const auto center = pair_of_numbers(predicate.argument);
  if (!center) raise(ErrorCode::BadValue, "{} needs a point", op);
  NearQuery out{.center = *center, .spherical = op == "$nearSphere"};
  if (out.spherical && !center->on_sphere()) {
    raise(ErrorCode::BadValue, "{}: longitude/latitude is out of bounds", op);
  }
  read_third(predicate.argument.as_document(), out);
  for (const bson::Element& field : predicate.siblings)
    read_bound(field, out);
  return out;
}

}  // namespace

std::optional<double> NearNode::distance(bson::ValueView value) const {
  std::optional<double> out;
  if (query_.spherical) {
    const auto stored = stored_geometry(value);
    if (stored && stored->geometry != nullptr) {
      out = stored->geometry->nearest(query_.center) * query_.unit;
    }
  } else if (const auto place = stored_place(value)) {
    out = flat_distance(query_.center, *place) * query_.unit;
  }
  if (out && (*out < query_.distance_min || *out > query_.distance_max)) out.reset();
  return out;
}

bool NearNode::matches_value(bson::ValueView value) const {
  return distance(value).has_value();
}

std::optional<NearNode::Found> NearNode::nearest(bson::View document) const {
  std::optional<Found> out;
  visit_path(path(), document, leaf(), [&](bson::ValueView value, std::size_t) {
    const auto here = distance(value);
    if (here && (!out || *here < out->distance)) out = Found{*here, value};
    return false;
  });
  return out;
}

MatchNodePtr parse_near(const FieldPredicate& predicate, MatchParse& parse) {
  const std::string_view op = predicate.argument.name();
  const SearchScope* search = parse.context.search;
  if (search == nullptr || !search->near || parse.of_parts) {
    raise(location(5626500), "$geoNear, $near, and $nearSphere are not allowed in this context");
  }
  if (parse.in_elem_match || parse.in_nor || parse.in_or || parse.in_not) {
    raise(ErrorCode::BadValue, "{} must be top-level", op);
  }
  if (parse.has_text) raise(ErrorCode::BadValue, "text and {} not allowed in same query", op);
  if (parse.has_near) raise(ErrorCode::BadValue, "a filter may have only one $near");
  parse.has_near = true;
  const bool geometry = predicate.argument.is_document() &&
                        !predicate.argument.as_document().empty() &&
                        predicate.argument.as_document().begin()->name().starts_with('$');
  return std::make_unique<NearNode>(
      predicate.path,
      geometry ? of_geometry(predicate.argument.as_document()) : of_pair(predicate));
}

MatchNodePtr parse_near_bound(const FieldPredicate& predicate, MatchParse&) {
  for (const bson::Element& sibling : predicate.siblings) {
    if (sibling.name() == "$near" || sibling.name() == "$nearSphere") return nullptr;
  }
  raise(ErrorCode::BadValue, "{} needs a $near beside it", predicate.argument.name());
}

const NearNode* find_near(const MatchNode& root) {
  if (root.kind() == MatchKind::Near) return &static_cast<const NearNode&>(root);
  if (root.kind() != MatchKind::And) return nullptr;
  for (const MatchNodePtr& child : static_cast<const ListNode&>(root).children()) {
    if (const NearNode* found = find_near(*child)) return found;
  }
  return nullptr;
}

}  // namespace freshet::query
