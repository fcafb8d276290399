// SPDX-License-Identifier: Apache-2.0
// The keys that cover, and the keys that imply, a predicate on one path; see conjunct_bounds.h.
#pragma once

#include "bson/value.h"
#include "pipeline/plan/conjunct_bounds.h"
#include "pipeline/plan/interval.h"
#include "query/match_node.h"

namespace freshet::pipeline {

/// Comparing with it depends on the order of strings.
bool depends_on_order(bson::ValueView value);

/// Requires: nodes of one path (only_path).
class PredicateSets {
 public:
  explicit PredicateSets(const KeyContext& context) : context_(context) {}

  IntervalSet covering(const query::MatchNode& node) const;
  IntervalSet implying(const query::MatchNode& node) const;

 private:
  /// For the predicates of an $elemMatch: each speaks of one element, which has one key.
  PredicateSets of_element() const;

  IntervalSet covering_comparison(const query::ComparisonNode& node) const;
  IntervalSet implying_comparison(const query::ComparisonNode& node) const;
  IntervalSet covering_in(const query::InNode& node) const;
  IntervalSet implying_in(const query::InNode& node) const;
  IntervalSet covering_regex(const query::RegexNode& node) const;
  IntervalSet covering_type(const query::TypeNode& node) const;
  IntervalSet implying_type(const query::TypeNode& node) const;
  IntervalSet covering_all(const query::MatchNode& node) const;
  IntervalSet covering_elements(const query::ElemMatchValueNode& node) const;
  IntervalSet equal_to(bson::ValueView value) const;

  KeyContext context_;
  bool element_ = false;
};

}  // namespace freshet::pipeline
