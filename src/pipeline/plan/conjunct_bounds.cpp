// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/conjunct_bounds.h"

#include <algorithm>
#include <string>
#include <utility>

#include "bson/key.h"
#include "pipeline/plan/predicate_sets.h"

namespace freshet::pipeline {
namespace {

using Op = query::ComparisonNode::Op;
using query::MatchKind;
using query::MatchNode;

/// Below everything else, missing values too: they compare as the smallest.
IntervalSet below(const Interval& operand, bool with_operand) {
  const Endpoint end = with_operand ? operand.end : operand.begin;
  return unite({{Endpoint{}, end}}, {point(bson::Value::null(), nullptr)});
}

IntervalSet expression_set(const ExpressionComparison& comparison, const KeyContext& context) {
  const bson::Type type = comparison.operand.type();
  const bool lowest_or_highest = type == bson::Type::MinKey || type == bson::Type::MaxKey;
  if (context.arrays || lowest_or_highest || comparison.operand.view().is_array() ||
      (!context.same_order && depends_on_order(comparison.operand))) {
    return full_set();
  }
  std::string key;
  bson::append_key(key, comparison.operand, false, context.order);
  const Interval operand = point_of_key(std::move(key), comparison.operand);
  switch (comparison.op) {
    case Op::Equal:
      return {operand};
    case Op::Less:
      return below(operand, false);
    case Op::LessEqual:
      return below(operand, true);
    case Op::Greater:
      return {{operand.end, Endpoint{}}};
    case Op::GreaterEqual:
      return {{operand.begin, Endpoint{}}};
  }
  return full_set();
}

/// Documents without the path may match: what stands in an array of a numbered path is not all
/// that such a path may mean.
bool may_match_missing(const Conjunct& conjunct) {
  return conjunct.node->matches_value(bson::ValueView()) != conjunct.negated;
}

bool only_positive(const MatchNode& node) {
  switch (node.kind()) {
    case MatchKind::Not:
    case MatchKind::Nor:
      return false;
    case MatchKind::And:
    case MatchKind::Or: {
      const auto& children = static_cast<const query::ListNode&>(node).children();
      return std::all_of(children.begin(), children.end(),
                         [](const auto& child) { return only_positive(*child); });
    }
    default:
      return true;
  }
}

bool speaks_of_all_keys(const MatchNode& node, bool negated) {
  switch (node.kind()) {
    case MatchKind::Not:
      return speaks_of_all_keys(static_cast<const query::NotNode&>(node).child(), !negated);
    case MatchKind::Nor:
      return !negated;
    default:
      return negated;
  }
}

}  // namespace

ConjunctBounds bounds_of(const Conjunct& conjunct, const KeyContext& context) {
  if (conjunct.expression) return {expression_set(*conjunct.expression, context), false, false};
  const PredicateSets sets(context);
  if (conjunct.has_place()) {
    const bool plain = only_positive(*conjunct.node) && !conjunct.negated;
    if (!plain || may_match_missing(conjunct)) return {full_set(), false, false};
    return {sets.covering(*conjunct.node), false, false};
  }
  ConjunctBounds out;
  if (conjunct.negated) {
    out.set = complement(sets.implying(*conjunct.node));
  } else {
    out.set = sets.covering(*conjunct.node);
  }
  out.universal = speaks_of_all_keys(*conjunct.node, conjunct.negated);
  if (context.arrays) return out;
  const IntervalSet sure =
      conjunct.negated ? complement(sets.covering(*conjunct.node)) : sets.implying(*conjunct.node);
  out.exact = same_set(out.set, sure);
  return out;
}

IntervalSet implying_set(const MatchNode& node, const KeyContext& context) {
  return PredicateSets(context).implying(node);
}

bool excludes_missing(const Conjunct& conjunct, bool arrays) {
  if (conjunct.expression) {
    if (arrays) return false;  // what a path through an array gives is an array, even an empty one
    const bson::Type type = conjunct.expression->operand.type();
    const bool above = conjunct.expression->op == Op::Equal ||
                       conjunct.expression->op == Op::Greater ||
                       conjunct.expression->op == Op::GreaterEqual;
    return above && type != bson::Type::Null && type != bson::Type::Undefined &&
           type != bson::Type::MinKey;
  }
  if (arrays && speaks_of_all_keys(*conjunct.node, conjunct.negated)) return false;
  return !may_match_missing(conjunct);
}

bool implies(const std::vector<Conjunct>& conjuncts, const MatchNode& wanted,
             const KeyContext& context) {
  const auto implied = [&](const auto& child) { return implies(conjuncts, *child, context); };
  if (wanted.kind() == MatchKind::AlwaysTrue) return true;
  if (wanted.kind() == MatchKind::And || wanted.kind() == MatchKind::Or) {
    const auto& children = static_cast<const query::ListNode&>(wanted).children();
    if (wanted.kind() == MatchKind::And) {
      return std::all_of(children.begin(), children.end(), implied);
    }
    if (std::any_of(children.begin(), children.end(), implied)) return true;
  }
  const auto path = only_path(wanted);
  if (!path) return false;
  KeyContext with_arrays = context;
  with_arrays.arrays = true;
  const IntervalSet sure = implying_set(wanted, with_arrays);
  return std::any_of(conjuncts.begin(), conjuncts.end(), [&](const Conjunct& conjunct) {
    if (conjunct.path != *path || conjunct.has_place()) return false;
    if (wanted.kind() == MatchKind::Exists && excludes_missing(conjunct, true)) return true;
    return is_subset(bounds_of(conjunct, with_arrays).set, sure);
  });
}

}  // namespace freshet::pipeline
