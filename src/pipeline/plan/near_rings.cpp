// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/near_rings.h"

#include <algorithm>

#include "pipeline/plan/cell_bounds.h"
#include "query/geo/flat_grid.h"
#include "query/geo/flat_shape.h"

namespace freshet::pipeline {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kFirstMetres = 1000;
constexpr int kRingCellsMax = 20;
/// What rounding may take from a distance on the sphere.
constexpr double kSlack = 1e-9;
/// Of the width of a grid: the first circle in it.
constexpr double kFirstPart = 1.0 / (1 << 16);

/// A 2dsphere index.
class SphereRings final : public NearRings {
 public:
  explicit SphereRings(const query::NearQuery& near) : near_(near) {}
  std::string_view stage() const override { return "GEO_NEAR_2DSPHERE"; }
  double first() const override { return kFirstMetres / query::kEarthRadiusMetres; }
  double last() const override { return kPi; }
  IntervalSet cells_within(double radius) const override {
    return bounds_of_cells(query::cells_around(near_.center, radius + kSlack, kRingCellsMax));
  }

 private:
  const query::NearQuery& near_;
};

/// A 2d index, with distances in the plane.
class FlatRings final : public NearRings {
 public:
  FlatRings(const query::FlatGrid& grid, const query::NearQuery& near) : grid_(grid), near_(near) {}
  std::string_view stage() const override { return "GEO_NEAR_2D"; }
  double first() const override {
    return std::max(grid_.cell_width(), (grid_.max() - grid_.min()) * kFirstPart);
  }
  double last() const override {
    double out = 0;
    for (const double x : {grid_.min(), grid_.max()}) {
      for (const double y : {grid_.min(), grid_.max()})
        out = std::max(out, query::flat_distance(near_.center, {x, y}));
    }
    return out;
  }
  IntervalSet cells_within(double radius) const override {
    return bounds_of_cells(grid_.cover({query::box_around(near_.center, radius)}));
  }

 private:
  const query::FlatGrid& grid_;
  const query::NearQuery& near_;
};

/// A 2d index, with distances on the sphere.
class GlobeRings final : public NearRings {
 public:
  GlobeRings(const query::FlatGrid& grid, const query::NearQuery& near)
      : grid_(grid), near_(near) {}
  std::string_view stage() const override { return "GEO_NEAR_2D"; }
  double first() const override { return kFirstMetres / query::kEarthRadiusMetres; }
  double last() const override { return kPi; }
  IntervalSet cells_within(double radius) const override {
    return bounds_of_cells(grid_.cover(query::boxes_around(near_.center, radius)));
  }

 private:
  const query::FlatGrid& grid_;
  const query::NearQuery& near_;
};

}  // namespace

std::unique_ptr<NearRings> near_rings(const catalog::IndexDefinition& index,
                                      const query::NearQuery& near) {
  if (index.kind == catalog::IndexKind::Sphere && near.spherical) {
    return std::make_unique<SphereRings>(near);
  }
  if (index.kind != catalog::IndexKind::Flat || near.geo_json) return nullptr;
  if (near.spherical) return std::make_unique<GlobeRings>(*index.grid, near);
  return std::make_unique<FlatRings>(*index.grid, near);
}

}  // namespace freshet::pipeline
