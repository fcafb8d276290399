// SPDX-License-Identifier: Apache-2.0
// From one demand on a path to the keys that can meet it.
//
// Two sets are told apart. What *covers* a predicate holds at least one key of every document that
// matches it. What *implies* it holds only keys whose documents match. For a path without arrays
// each document has one key, so that $not takes the complement of one for the other.
#pragma once

#include "bson/compare.h"
#include "pipeline/plan/conjunct.h"
#include "pipeline/plan/interval.h"

namespace freshet::pipeline {

/// How the values stand in the index. Borrowed for the call.
struct KeyContext {
  const bson::StringOrder* order = nullptr;  ///< of the index
  bool same_order = true;                    ///< the query compares strings in the same order
  /// The values of one document may stand in several keys.
  bool arrays = false;
};

struct ConjunctBounds {
  IntervalSet set;
  /// Every key of a matching document lies in the set, not just one.
  bool universal = false;
  /// Documents with their only key in the set match.
  bool exact = false;
};

ConjunctBounds bounds_of(const Conjunct& conjunct, const KeyContext& context);

/// Keys that imply the predicate; as covering sets, but the other way round.
IntervalSet implying_set(const query::MatchNode& node, const KeyContext& context);

/// No document without the path meets the demand. `arrays`: documents may have arrays on it.
bool excludes_missing(const Conjunct& conjunct, bool arrays);

/// Whether documents that meet `conjuncts` all match `wanted` (a partial index's filter). Sound,
/// not complete.
bool implies(const std::vector<Conjunct>& conjuncts, const query::MatchNode& wanted,
             const KeyContext& context);

}  // namespace freshet::pipeline
