// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/near_plan.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "bson/compare.h"
#include "collection/index_keys.h"
#include "pipeline/plan/candidate.h"
#include "pipeline/plan/choice.h"
#include "pipeline/plan/near_source.h"

namespace freshet::pipeline {
namespace {

bool is_meant(const catalog::IndexDefinition& index, const bson::ValueView& hint) {
  if (hint.is_string()) return index.name == hint.as_string();
  if (!hint.is_document() || hint.as_document().empty()) return true;
  return bson::compare(index.key_pattern(), hint.as_document()) == 0;
}

std::optional<Candidate> candidate_for(const catalog::IndexPtr& index, const Demands& demands,
                                       const AccessRequest& request, std::string_view path) {
  if (!index->has_place() || !index->ready()) return std::nullopt;
  if (!is_meant(*index, request.hint)) return std::nullopt;
  const std::size_t place = collection::place_component(*index);
  if (index->parts[place].path != path) return std::nullopt;
  Candidate out = make_candidate(index, components_of(*index), demands.conjuncts, request);
  if (!holds_all(out, demands, request)) return std::nullopt;
  return out;
}

}  // namespace

AccessPlan plan_near(const AccessRequest& request, const query::NearNode& near) {
  if (!request.min.empty() || !request.max.empty()) {
    raise(ErrorCode::BadValue, "min and max do not go with a $near");
  }
  const Demands demands = demands_of(parts_of(request.filter.root()), request.rules);
  for (const catalog::IndexPtr& index : request.collection->indexes) {
    std::optional<Candidate> found = candidate_for(index, demands, request, near.path().text());
    if (!found) continue;
    std::unique_ptr<NearRings> rings = near_rings(*index, near.query());
    if (rings == nullptr) continue;
    AccessPlan out;
    out.sorted = request.sort == nullptr || request.sort->empty();
    out.source = std::make_unique<NearSource>(request.store, request.collection,
                                              NearPlan{.index = index,
                                                       .components = std::move(found->components),
                                                       .bounds = std::move(found->bounds),
                                                       .place = collection::place_component(*index),
                                                       .rings = std::move(rings),
                                                       .near = &near,
                                                       .filter = &request.filter});
    return out;
  }
  raise(ErrorCode::NoQueryExecutionPlans,
        "error processing query: unable to find index for $geoNear query on '{}'",
        near.path().text());
}

}  // namespace freshet::pipeline
