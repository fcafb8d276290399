// SPDX-License-Identifier: Apache-2.0
// Which of several ways through indexes is the cheapest: by the entries in their ranges, not by
// trying them.
#pragma once

#include <optional>
#include <vector>

#include "pipeline/plan/candidate.h"
#include "pipeline/plan/planner.h"

namespace freshet::pipeline {

/// A candidate with what it would cost: reading one entry is 1.
struct Ranked {
  Candidate candidate;
  double cost = 0;
};

/// The candidates for these demands over all indexes of the collection, the cheapest first.
std::vector<Ranked> ranked_candidates(const Demands& demands, const AccessRequest& request);

/// The ways to answer an $or among the demands, or nothing: a candidate for each branch.
struct UnionPlan {
  struct Branch {
    Candidate candidate;
    std::vector<const query::MatchNode*> parts;
  };
  std::vector<Branch> branches;
  bool sorts = false;  ///< each branch is in the order of the sort
  double cost = 0;
};
std::optional<UnionPlan> union_plan(const AccessRequest& request);

/// What the filter demands, as far as the rules let it count.
Demands demands_of(const std::vector<const query::MatchNode*>& parts, const PlannerRules& rules);

}  // namespace freshet::pipeline
