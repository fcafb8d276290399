// SPDX-License-Identifier: Apache-2.0
// From a way that was chosen to the source that goes it.
#pragma once

#include <vector>

#include "pipeline/plan/candidate.h"
#include "pipeline/plan/planner.h"

namespace freshet::pipeline {

/// Walks the candidate's index. `parts` together are what the ranges were made for: the filter, or
/// a branch of it with the rest.
AccessPlan build_scan(const Candidate& candidate, const std::vector<const query::MatchNode*>& parts,
                      const AccessRequest& request);

/// Whether entries are enough: see AccessPlan::covered.
bool is_covered(const Candidate& candidate, const std::vector<const query::MatchNode*>& parts,
                const AccessRequest& request);

}  // namespace freshet::pipeline
