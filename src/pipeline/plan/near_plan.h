// SPDX-License-Identifier: Apache-2.0
// Plans for $near and $geoNear.
#pragma once

#include "pipeline/plan/planner.h"
#include "query/match_near.h"

namespace freshet::pipeline {

/// Throws NoQueryExecutionPlans (291) when no index gives the order. Requires: `near` is part of
/// the filter.
AccessPlan plan_near(const AccessRequest& request, const query::NearNode& near);

}  // namespace freshet::pipeline
