// SPDX-License-Identifier: Apache-2.0
#include "query/geo/sphere_geometry.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <s2/mutable_s2shape_index.h>
#include <s2/s2boolean_operation.h>
#include <s2/s2cap.h>
#include <s2/s2cell_id.h>
#include <s2/s2closest_edge_query.h>
#include <s2/s2error.h>
#include <s2/s2furthest_edge_query.h>
#include <s2/s2latlng.h>
#include <s2/s2loop.h>
#include <s2/s2point_vector_shape.h>
#include <s2/s2polygon.h>
#include <s2/s2polyline.h>
#include <s2/s2region_coverer.h>
#include <s2/s2shape_index_region.h>

namespace freshet::query {
namespace {

// S2Point's own operators are ambiguous in C++20.
bool same(const S2Point& a, const S2Point& b) {
  return a.x() == b.x() && a.y() == b.y() && a.z() == b.z();
}

/// Cells of this level are some 30 cm wide; smaller ones tell nothing more.
constexpr int kLevelMax = 25;

S2Point point_of(const GeoPosition& position) {
  return S2LatLng::FromDegrees(position.latitude, position.longitude).Normalized().ToPoint();
}

std::vector<S2Point> points_of(const std::vector<GeoPosition>& positions) {
  std::vector<S2Point> out;
  out.reserve(positions.size());
  for (const GeoPosition& position : positions) {
    const S2Point point = point_of(position);
    if (out.empty() || !same(out.back(), point)) out.push_back(point);
  }
  return out;
}

S2BooleanOperation::Options closed() {
  S2BooleanOperation::Options options;
  options.set_polygon_model(S2BooleanOperation::PolygonModel::CLOSED);
  options.set_polyline_model(S2BooleanOperation::PolylineModel::CLOSED);
  return options;
}

SphereCells cells_of(const S2Region& region, int cells_max) {
  S2RegionCoverer::Options options;
  options.set_max_cells(cells_max);
  options.set_max_level(kLevelMax);
  S2RegionCoverer coverer(options);
  std::vector<S2CellId> cells;
  coverer.GetCovering(region, &cells);
  SphereCells out;
  for (const S2CellId cell : cells)
    out.push_back(cell.id());
  return out;
}

/// A ring without its last position, which is the first again; empty when it is none.
std::unique_ptr<S2Loop> loop_of(const GeoLine& ring, bool oriented, std::string& wrong) {
  if (ring.size() < 4 || ring.front() != ring.back()) {
    wrong = "a ring of a polygon has at least four positions, the last being the first again";
    return nullptr;
  }
  std::vector<S2Point> points = points_of(ring);
  points.pop_back();
  if (points.size() < 3) {
    wrong = "a ring of a polygon has at least three different positions";
    return nullptr;
  }
  auto loop = std::make_unique<S2Loop>(points, S2Debug::DISABLE);
  S2Error error;
  if (loop->FindValidationError(&error)) {
    wrong = error.text();
    return nullptr;
  }
  if (!oriented) loop->Normalize();
  return loop;
}

}  // namespace

bool GeoPosition::on_sphere() const {
  return std::abs(longitude) <= 180 && std::abs(latitude) <= 90;
}

struct SphereGeometry::State {
  MutableS2ShapeIndex index;
  bool has_polygons = false;
  bool has_others = false;
};

SphereGeometry::SphereGeometry() : state_(std::make_unique<State>()) {}
SphereGeometry::~SphereGeometry() = default;

void SphereGeometry::add_points(const std::vector<GeoPosition>& points) {
  state_->index.Add(std::make_unique<S2PointVectorShape>(points_of(points)));
  state_->has_others = true;
}

std::string SphereGeometry::add_line(const GeoLine& line) {
  const std::vector<S2Point> points = points_of(line);
  if (points.size() < 2) return "a line has at least two different positions";
  auto polyline = std::make_unique<S2Polyline>(points, S2Debug::DISABLE);
  S2Error error;
  if (polyline->FindValidationError(&error)) return error.text();
  state_->index.Add(std::make_unique<S2Polyline::OwningShape>(std::move(polyline)));
  state_->has_others = true;
  return {};
}

std::string SphereGeometry::add_polygon(const std::vector<GeoLine>& rings, bool oriented) {
  std::vector<std::unique_ptr<S2Loop>> loops;
  std::string wrong;
  for (const GeoLine& ring : rings) {
    loops.push_back(loop_of(ring, oriented, wrong));
    if (loops.back() == nullptr) return wrong;
    if (loops.size() == 1) continue;
    const bool inside = loops.front()->Contains(*loops.back());
    if (!inside) return "a hole of a polygon lies within its first ring";
  }
  if (loops.empty()) return "a polygon has at least one ring";
  if (oriented && loops.size() > 1) return "a polygon with strict winding has one ring";
  auto polygon = std::make_unique<S2Polygon>();
  polygon->set_s2debug_override(S2Debug::DISABLE);
  if (oriented) {
    polygon->Init(std::move(loops.front()));
  } else {
    polygon->InitNested(std::move(loops));
  }
  S2Error error;
  if (polygon->FindValidationError(&error)) return error.text();
  state_->index.Add(std::make_unique<S2Polygon::OwningShape>(std::move(polygon)));
  state_->has_polygons = true;
  return {};
}

bool SphereGeometry::is_area() const {
  return state_->has_polygons && !state_->has_others;
}

bool SphereGeometry::intersects(const SphereGeometry& other) const {
  return S2BooleanOperation::Intersects(state_->index, other.state_->index, closed());
}

bool SphereGeometry::contains(const SphereGeometry& other) const {
  return S2BooleanOperation::Contains(state_->index, other.state_->index, closed());
}

double SphereGeometry::nearest(const GeoPosition& from) const {
  S2ClosestEdgeQuery query(&state_->index);
  S2ClosestEdgeQuery::PointTarget target(point_of(from));
  return query.GetDistance(&target).ToAngle().radians();
}

double SphereGeometry::farthest(const GeoPosition& from) const {
  S2FurthestEdgeQuery query(&state_->index);
  S2FurthestEdgeQuery::PointTarget target(point_of(from));
  return query.GetDistance(&target).ToAngle().radians();
}

SphereCells SphereGeometry::cells(int cells_max) const {
  return cells_of(S2ShapeIndexRegion<MutableS2ShapeIndex>(&state_->index), cells_max);
}

SphereCells cells_around(const GeoPosition& center, double radians, int cells_max) {
  const S1Angle radius = S1Angle::Radians(std::min(radians, M_PI));
  return cells_of(S2Cap(point_of(center), radius), cells_max);
}

double sphere_distance(const GeoPosition& a, const GeoPosition& b) {
  return point_of(a).Angle(point_of(b));
}

std::int64_t ordered_cell(std::uint64_t cell) {
  constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;
  return static_cast<std::int64_t>(cell ^ kTopBit);
}

CellRange cells_within(std::uint64_t cell) {
  const S2CellId id(cell);
  return {ordered_cell(id.range_min().id()), ordered_cell(id.range_max().id())};
}

std::vector<std::int64_t> cells_above(std::uint64_t cell) {
  std::vector<std::int64_t> out;
  S2CellId id(cell);
  while (!id.is_face()) {
    id = id.parent();
    out.push_back(ordered_cell(id.id()));
  }
  return out;
}

}  // namespace freshet::query
