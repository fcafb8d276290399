// SPDX-License-Identifier: Apache-2.0
// Chooses how the records of one collection are reached: by _id, by ranges of an index, by several
// indexes for an $or, or by scanning all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bson/view.h"
#include "catalog/definitions.h"
#include "pipeline/plan/record_source.h"
#include "query/context.h"
#include "query/matcher.h"
#include "query/sort.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// What the planner is asked for. Everything borrowed outlives planning only, except `filter`.
struct AccessRequest {
  storage::Store& store;
  catalog::CollectionPtr collection;  ///< null: there is no such collection
  const query::Matcher& filter;       ///< must outlive the source
  const query::SortPattern* sort = nullptr;
  bson::ValueView hint;  ///< index name or key pattern, {$natural: ±1}; Missing: none
  bson::View min;        ///< index bounds given by hand; need a hint
  bson::View max;
  const query::Collation* collation = nullptr;  ///< null: simple
};

struct AccessPlan {
  RecordSourcePtr source;  ///< yields matching records only
  bool sorted = false;     ///< already in the order asked for
};

/// Throws BadValue (2) for a hint that names no index, and the codes of min/max.
AccessPlan plan_access(const AccessRequest& request);

}  // namespace freshet::pipeline
