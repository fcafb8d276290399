// SPDX-License-Identifier: Apache-2.0
// What geospatial indexes offer: the entries of cells that have something in common with those of
// an area that is asked for.
#include <utility>

#include "bson/key.h"
#include "collection/index_keys.h"
#include "pipeline/plan/candidate.h"
#include "pipeline/plan/cell_bounds.h"
#include "query/match_geo.h"

namespace freshet::pipeline {
namespace {

constexpr int kAreaCellsMax = 20;

bool on_sphere(const query::GeoArea& area) {
  return area.flat == nullptr;
}

/// Pairs of numbers are all that a 2d index has, and those of a cap are what has a place there too.
bool in_plane(const query::GeoArea& area) {
  return area.geometry == nullptr;
}

const query::GeoArea* area_among(const std::vector<const query::MatchNode*>& parts,
                                 std::string_view path, bool (*suits)(const query::GeoArea& area)) {
  for (const query::MatchNode* part : parts) {
    if (part->kind() != query::MatchKind::Geo) continue;
    const auto& node = static_cast<const query::GeoNode&>(*part);
    if (node.path().text() == path && suits(node.area())) return &node.area();
  }
  return nullptr;
}

std::vector<Candidate> candidate_of(const catalog::IndexPtr& index, const Demands& demands,
                                    const AccessRequest& request, IntervalSet cells) {
  std::vector<Component> components = components_of(*index);
  components[collection::place_component(*index)].fixed = std::move(cells);
  std::vector<Candidate> out;
  out.push_back(make_candidate(index, std::move(components), demands.conjuncts, request));
  out.front().order.reset();  // a document stands there once for each of its cells
  if (out.front().bounds.used == 0 || !holds_all(out.front(), demands, request)) out.clear();
  return out;
}

}  // namespace

std::vector<Candidate> sphere_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                         const AccessRequest& request) {
  const std::size_t place = collection::place_component(*index);
  const query::GeoArea* area = area_among(demands.parts, index->parts[place].path, on_sphere);
  if (area == nullptr) return {};
  return candidate_of(index, demands, request, bounds_of_cells(area->cells(kAreaCellsMax)));
}

std::vector<Candidate> flat_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                       const AccessRequest& request) {
  const std::size_t place = collection::place_component(*index);
  const query::GeoArea* area = area_among(demands.parts, index->parts[place].path, in_plane);
  if (area == nullptr) return {};
  return candidate_of(index, demands, request, bounds_of_cells(index->grid->cover(area->boxes())));
}

}  // namespace freshet::pipeline
