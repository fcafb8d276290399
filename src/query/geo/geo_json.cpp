// SPDX-License-Identifier: Apache-2.0
#include "query/geo/geo_json.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

namespace freshet::query {
namespace {

constexpr std::string_view kStrictWinding = "urn:x-mongodb:crs:strictwinding:EPSG:4326";
/// GeometryCollections within each other.
constexpr int kCollectionDepthMax = 20;

using Lines = std::vector<GeoLine>;

std::optional<GeoPosition> position(bson::ValueView value) {
  if (!value.is_array()) return std::nullopt;
  return pair_of_numbers(value);
}

std::optional<GeoLine> line(bson::ValueView value) {
  if (!value.is_array()) return std::nullopt;
  GeoLine out;
  for (const bson::Element& each : value.as_document()) {
    const auto at = position(each);
    if (!at) return std::nullopt;
    out.push_back(*at);
  }
  return out;
}

std::optional<Lines> lines(bson::ValueView value) {
  if (!value.is_array()) return std::nullopt;
  Lines out;
  for (const bson::Element& each : value.as_document()) {
    auto one = line(each);
    if (!one) return std::nullopt;
    out.push_back(std::move(*one));
  }
  return out;
}

bool on_sphere(const GeoLine& positions) {
  for (const GeoPosition& each : positions) {
    if (!each.on_sphere()) return false;
  }
  return true;
}

class Reader {
 public:
  explicit Reader(bool strict_winding) : strict_winding_(strict_winding) {}

  /// What is wrong; empty when the shape was added.
  std::string read(bson::View document, int depth = 0) {
    if (depth > kCollectionDepthMax) return "geometry collections are nested too deep";
    const std::string wrong = read_reference_system(document["crs"]);
    if (!wrong.empty()) return wrong;
    const std::string_view type = document["type"].as_string();
    if (type == "GeometryCollection") return collection(document["geometries"], depth);
    const bson::Element coordinates = document["coordinates"];
    if (!coordinates.is_array()) return "the coordinates of GeoJSON are an array";
    for (const Row& row : kRows) {
      if (row.type == type) return (this->*row.read)(coordinates);
    }
    return fmt::format("unknown GeoJSON type '{}'", type);
  }

  std::shared_ptr<const SphereGeometry> take() { return std::move(out_); }

 private:
  struct Row {
    std::string_view type;
    std::string (Reader::*read)(bson::ValueView coordinates);
  };
  static const Row kRows[6];

  std::string read_reference_system(const bson::Element& system) {
    if (system.missing()) return {};
    const bson::ValueView properties =
        system.is_document() ? system.as_document()["properties"] : bson::Element();
    const bson::ValueView name =
        properties.is_document() ? properties.as_document()["name"] : bson::Element();
    if (!name.is_string()) return "'crs' needs a name in its properties";
    const std::string_view text = name.as_string();
    if (text == kStrictWinding && strict_winding_) {
      oriented_ = true;
      return {};
    }
    if (text == "urn:ogc:def:crs:OGC:1.3:CRS84" || text == "EPSG:4326") return {};
    return fmt::format("unknown coordinate reference system '{}'", text);
  }

  std::string point(bson::ValueView coordinates) {
    const auto at = position(coordinates);
    if (!at) return "a point has two numbers";
    return points({*at});
  }

  std::string multi_point(bson::ValueView coordinates) {
    const auto all = line(coordinates);
    if (!all || all->empty()) return "a MultiPoint has positions";
    return points(*all);
  }

  std::string points(const GeoLine& all) {
    if (!on_sphere(all)) return out_of_bounds();
    out_->add_points(all);
    return {};
  }

  std::string line_string(bson::ValueView coordinates) {
    const auto all = line(coordinates);
    if (!all) return "a LineString has positions";
    if (!on_sphere(*all)) return out_of_bounds();
    return out_->add_line(*all);
  }

  std::string polygon(bson::ValueView coordinates) {
    const auto rings = lines(coordinates);
    if (!rings) return "a Polygon has rings of positions";
    for (const GeoLine& ring : *rings) {
      if (!on_sphere(ring)) return out_of_bounds();
    }
    return out_->add_polygon(*rings, oriented_);
  }

  std::string multi_line(bson::ValueView coordinates) {
    return each(coordinates, &Reader::line_string);
  }
  std::string multi_polygon(bson::ValueView coordinates) {
    if (oriented_) return "strict winding is for a Polygon";
    return each(coordinates, &Reader::polygon);
  }

  std::string each(bson::ValueView coordinates, std::string (Reader::*one)(bson::ValueView)) {
    if (coordinates.as_document().empty()) return "coordinates cannot be empty";
    for (const bson::Element& part : coordinates.as_document()) {
      std::string wrong = (this->*one)(part);
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

  std::string collection(const bson::Element& geometries, int depth) {
    if (!geometries.is_array() || geometries.as_document().empty()) {
      return "a GeometryCollection has geometries";
    }
    for (const bson::Element& one : geometries.as_document()) {
      if (!is_geo_json(one)) return "a GeometryCollection has geometries";
      std::string wrong = read(one.as_document(), depth + 1);
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

  static std::string out_of_bounds() { return "longitude/latitude is out of bounds"; }

  const bool strict_winding_;
  bool oriented_ = false;
  std::shared_ptr<SphereGeometry> out_ = std::make_shared<SphereGeometry>();
};

const Reader::Row Reader::kRows[6] = {
    {"Point", &Reader::point},
    {"LineString", &Reader::line_string},
    {"Polygon", &Reader::polygon},
    {"MultiPoint", &Reader::multi_point},
    {"MultiLineString", &Reader::multi_line},
    {"MultiPolygon", &Reader::multi_polygon},
};

}  // namespace

bool is_geo_json(bson::ValueView value) {
  return value.is_document() && value.as_document()["type"].is_string();
}

ParsedGeometry parse_geo_json(bson::View document, bool strict_winding) {
  Reader reader(strict_winding);
  std::string wrong = reader.read(document);
  if (!wrong.empty()) return {nullptr, std::move(wrong)};
  return {reader.take(), {}};
}

std::optional<GeoPosition> geo_json_point(bson::View document) {
  if (document["type"].as_string() != "Point") return std::nullopt;
  return position(document["coordinates"]);
}

std::optional<GeoPosition> pair_of_numbers(bson::ValueView value) {
  if (!value.is_document() && !value.is_array()) return std::nullopt;
  std::vector<double> numbers;
  for (const bson::Element& each : value.as_document()) {
    if (!each.is_number()) return std::nullopt;
    numbers.push_back(each.number_as_double());
    if (!std::isfinite(numbers.back())) return std::nullopt;
    if (numbers.size() == 2) return GeoPosition{numbers[0], numbers[1]};
  }
  return std::nullopt;
}

std::optional<ParsedGeometry> stored_geometry(bson::ValueView value) {
  if (is_geo_json(value)) return parse_geo_json(value.as_document());
  const auto place = pair_of_numbers(value);
  if (!place) return std::nullopt;
  if (!place->on_sphere()) return ParsedGeometry{nullptr, "longitude/latitude is out of bounds"};
  auto geometry = std::make_shared<SphereGeometry>();
  geometry->add_points({*place});
  return ParsedGeometry{std::move(geometry), {}};
}

std::optional<GeoPosition> stored_place(bson::ValueView value) {
  if (is_geo_json(value)) {
    // {x: …, y: …, type: "cafe"} is a pair.
    if (const auto point = geo_json_point(value.as_document())) return point;
  }
  return pair_of_numbers(value);
}

}  // namespace freshet::query
