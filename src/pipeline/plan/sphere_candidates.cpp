// SPDX-License-Identifier: Apache-2.0
// What 2dsphere indexes offer: the entries of cells that have something in common with those of an
// area that is asked for.
#include <algorithm>
#include <utility>

#include "bson/key.h"
#include "collection/index_keys.h"
#include "pipeline/plan/candidate.h"
#include "pipeline/plan/cell_bounds.h"
#include "query/match_geo.h"

namespace freshet::pipeline {
namespace {

constexpr int kAreaCellsMax = 20;

const query::GeoNode* area_among(const std::vector<const query::MatchNode*>& parts,
                                 std::string_view path) {
  for (const query::MatchNode* part : parts) {
    if (part->kind() != query::MatchKind::Geo) continue;
    const auto& node = static_cast<const query::GeoNode&>(*part);
    if (node.path().text() == path && node.area().flat == nullptr) return &node;
  }
  return nullptr;
}

}  // namespace

std::vector<Candidate> sphere_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                         const AccessRequest& request) {
  const std::size_t place = collection::place_component(*index);
  const query::GeoNode* area = area_among(demands.parts, index->parts[place].path);
  if (area == nullptr) return {};
  std::vector<Component> components = components_of(*index);
  components[place].fixed = bounds_of_cells(area->area().cells(kAreaCellsMax));
  std::vector<Candidate> out;
  out.push_back(make_candidate(index, std::move(components), demands.conjuncts, request));
  out.front().order.reset();  // a document stands there once for each of its cells
  if (out.front().bounds.used == 0 || !holds_all(out.front(), demands, request)) out.clear();
  return out;
}

}  // namespace freshet::pipeline
