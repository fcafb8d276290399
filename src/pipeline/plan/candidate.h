// SPDX-License-Identifier: Apache-2.0
// One way to reach the records of a query through an index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/definitions.h"
#include "pipeline/plan/conjunct.h"
#include "pipeline/plan/index_bounds.h"
#include "pipeline/plan/planner.h"
#include "pipeline/plan/sort_order.h"

namespace freshet::pipeline {

struct Candidate {
  catalog::IndexPtr index;
  std::vector<Component> components;
  IndexBounds bounds;
  std::optional<IndexOrder> order;  ///< of the sort, when there is one and the index gives it
  /// Entries in the ranges, as far as they were counted.
  std::int64_t keys = 0;
  bool counted_all = false;

  bool sorts() const { return order.has_value(); }
};

/// What the filter, or one branch of it, demands.
struct Demands {
  std::vector<Conjunct> conjuncts;
  std::vector<const query::MatchNode*> parts;  ///< which together are the filter
};

/// The ways that an index offers; none when it does not hold every document that may match, or says
/// nothing of the filter or the sort. One for most indexes, one per path for wildcard indexes.
std::vector<Candidate> candidates_of(const catalog::IndexPtr& index, const Demands& demands,
                                     const AccessRequest& request);

/// For a hint: the index with what bounds there are, whether it holds every document or not.
/// Nothing for indexes whose keys are not the values at paths.
std::optional<Candidate> forced_candidate(const catalog::IndexPtr& index, const Demands& demands,
                                          const AccessRequest& request);

bool same_collation(const query::Collation* a, const query::Collation* b);

// The kinds of indexes, a function each, listed in the table of candidate.cpp.
std::vector<Candidate> ordered_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                          const AccessRequest& request);
std::vector<Candidate> wildcard_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                           const AccessRequest& request);
std::vector<Candidate> sphere_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                         const AccessRequest& request);
std::vector<Candidate> flat_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                       const AccessRequest& request);
std::vector<Candidate> text_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                       const AccessRequest& request);

/// Bounds and order for these components.
Candidate make_candidate(const catalog::IndexPtr& index, std::vector<Component> components,
                         const std::vector<Conjunct>& conjuncts, const AccessRequest& request);

/// Every document that meets the demands has an entry, as far as `partial_filter` and `sparse` go.
bool holds_all(const Candidate& candidate, const Demands& demands, const AccessRequest& request);

}  // namespace freshet::pipeline
