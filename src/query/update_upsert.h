// SPDX-License-Identifier: Apache-2.0
// The document that an upsert starts from: the equalities of its filter.
#pragma once

#include <string>

#include "bson/view.h"
#include "query/context.h"
#include "query/match_node.h"

namespace freshet::query {

/// Fields that the filter fixes to one value; of a replacement only `_id`. Throws
/// NotSingleValueField when two equalities speak of the same place, QueryFeatureNotAllowed for
/// $expr.
std::string upsert_base(const MatchNode& filter, bool only_id, const QueryContext& context);

/// Refuses what cannot be an `_id` (InvalidIdField). Missing is fine.
void check_upsert_id(bson::ValueView id);

}  // namespace freshet::query
