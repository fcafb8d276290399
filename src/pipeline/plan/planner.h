// SPDX-License-Identifier: Apache-2.0
// Chooses how the records of one collection are reached: by _id, by ranges of an index, by several
// indexes for an $or, or by scanning all of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"
#include "pipeline/plan/needs.h"
#include "pipeline/plan/planner_rules.h"
#include "pipeline/plan/record_source.h"
#include "query/collation.h"
#include "query/matcher.h"
#include "query/sort.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// What the planner is asked for. Everything borrowed outlives planning only, except `filter` and
/// `collation`, which outlive the source.
struct AccessRequest {
  storage::Store& store;
  catalog::CollectionPtr collection;  ///< null: there is no such collection
  const query::Matcher& filter;
  const storage::Reader* reader = nullptr;  ///< what is counted in; null: nothing is counted
  const query::SortPattern* sort = nullptr;
  std::int64_t limit = 0;  ///< how many records are wanted at most; 0: all
  bson::ValueView hint;    ///< index name or key pattern, {$natural: ±1}; Missing: none
  bson::View min;          ///< index bounds given by hand; need a hint
  bson::View max;
  const query::Collation* collation = nullptr;  ///< null: simple
  Needs needs;
  std::string_view distinct;  ///< see FindSpec::distinct
  PlannerRules rules;
  bool with_rejected = false;  ///< explain wants the ways that were not chosen
};

struct AccessPlan {
  RecordSourcePtr source;  ///< yields matching records only
  bool sorted = false;     ///< already in the order asked for
  /// Documents may hold only the fields that are needed, from entries of an index.
  bool covered = false;
  std::vector<RecordSourcePtr> rejected;
};

/// Throws BadValue (2) for a hint that names no index, NoQueryExecutionPlans (291) for one that
/// cannot serve the filter, and the codes of min/max.
AccessPlan plan_access(const AccessRequest& request);

}  // namespace freshet::pipeline
