// SPDX-License-Identifier: Apache-2.0
// Access that the client chose: hints, min and max.
#pragma once

#include <optional>

#include "pipeline/plan/planner.h"

namespace freshet::pipeline {

/// What a hint asks for; nothing when it asks for nothing. Throws BadValue (2),
/// NoQueryExecutionPlans (291).
std::optional<AccessPlan> plan_hint(const AccessRequest& request);
/// Requires: min or max are given. Throws Location51173 and others.
AccessPlan plan_min_max(const AccessRequest& request);

/// A walk over the whole collection, or the log.
AccessPlan plan_collection_scan(const AccessRequest& request, storage::Direction direction);

}  // namespace freshet::pipeline
