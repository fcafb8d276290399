// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/predicate_sets.h"

#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "bson/decimal.h"
#include "bson/key.h"

namespace freshet::pipeline {
namespace {

using bson::Type;
using bson::Value;
using bson::ValueView;
using query::ComparisonNode;
using query::MatchKind;
using query::MatchNode;
using Op = ComparisonNode::Op;

const std::vector<query::MatchNodePtr>& children_of(const MatchNode& node) {
  return static_cast<const query::ListNode&>(node).children();
}

const MatchNode& child_of(const MatchNode& node) {
  return static_cast<const query::NotNode&>(node).child();
}

bool is_nan(ValueView value) {
  if (value.type() == Type::Double) return std::isnan(value.as_double());
  return value.type() == Type::Decimal128 && bson::decimal::is_nan(value.as_decimal());
}

/// An empty array at the end of the path.
Interval no_elements() {
  return point(Value::undefined(), nullptr);
}

IntervalSet no_value() {
  return {point(Value::null(), nullptr)};
}

/// The part of the operand's type that the comparison asks for.
IntervalSet half_bracket(Op op, ValueView operand, const bson::StringOrder* order) {
  Interval all = bracket(operand.type());
  Interval own = point(operand, order);
  switch (op) {
    case Op::Less:
      all.end = std::move(own.begin);
      break;
    case Op::LessEqual:
      all.end = std::move(own.end);
      break;
    case Op::Greater:
      all.begin = std::move(own.end);
      break;
    default:
      all.begin = std::move(own.begin);
  }
  return normal({std::move(all)});
}

/// MinKey and MaxKey compare with every type; arrays compare as a whole, but their elements have
/// the keys.
bool has_a_bracket(Type type) {
  return type != Type::MinKey && type != Type::MaxKey && type != Type::Array;
}

/// Every type there is, in the order of their keys.
constexpr Type kTypes[] = {
    Type::MinKey,    Type::Undefined, Type::Null,      Type::Double,     Type::String,
    Type::Document,  Type::Binary,    Type::ObjectId,  Type::Bool,       Type::Date,
    Type::Timestamp, Type::Regex,     Type::DbPointer, Type::JavaScript, Type::JavaScriptWithScope,
    Type::MaxKey};

bool has_number(const query::TypeSet& types) {
  return types.has(Type::Double) || types.has(Type::Int32) || types.has(Type::Int64) ||
         types.has(Type::Decimal128);
}

bool has_every_number(const query::TypeSet& types) {
  return types.has(Type::Double) && types.has(Type::Int32) && types.has(Type::Int64) &&
         types.has(Type::Decimal128);
}

bool has_some(const query::TypeSet& types, Type type) {
  if (type == Type::Double) return has_number(types);
  if (type == Type::String) return types.has(Type::String) || types.has(Type::Symbol);
  return types.has(type);
}

/// Whether a key of this type is sure to be of a wanted one: null may be a missing value, undefined
/// an empty array.
bool has_all(const query::TypeSet& types, Type type) {
  if (type == Type::Null || type == Type::Undefined) return false;
  if (type == Type::Double) return has_every_number(types);
  if (type == Type::String) return types.has(Type::String) && types.has(Type::Symbol);
  return types.has(type);
}

}  // namespace

bool depends_on_order(ValueView value) {
  return value.is_string() || value.type() == Type::Symbol || value.is_document() ||
         value.is_array();
}

PredicateSets PredicateSets::of_element() const {
  PredicateSets out = *this;
  out.context_.arrays = false;
  out.element_ = true;
  return out;
}

IntervalSet PredicateSets::covering(const MatchNode& node) const {
  switch (node.kind()) {
    case MatchKind::AlwaysFalse:
      return {};
    case MatchKind::Comparison:
      return covering_comparison(static_cast<const ComparisonNode&>(node));
    case MatchKind::In:
      return covering_in(static_cast<const query::InNode&>(node));
    case MatchKind::Regex:
      return covering_regex(static_cast<const query::RegexNode&>(node));
    case MatchKind::Type:
      return covering_type(static_cast<const query::TypeNode&>(node));
    case MatchKind::Mod:
      return {bracket(Type::Double)};
    case MatchKind::Bits:
      return normal({bracket(Type::Double), bracket(Type::Binary)});
    case MatchKind::Size: {
      const bool none = static_cast<const query::SizeNode&>(node).size() == 0;
      return none && !element_ ? IntervalSet{no_elements()} : full_set();
    }
    case MatchKind::ElemMatchValue:
      return element_ ? full_set()
                      : covering_elements(static_cast<const query::ElemMatchValueNode&>(node));
    case MatchKind::And:
      return covering_all(node);
    case MatchKind::Or: {
      IntervalSet out;
      for (const auto& child : children_of(node))
        out = unite(std::move(out), covering(*child));
      return out;
    }
    case MatchKind::Nor: {
      IntervalSet out = full_set();
      for (const auto& child : children_of(node))
        out = intersect(out, complement(implying(*child)));
      return out;
    }
    case MatchKind::Not:
      return complement(implying(child_of(node)));
    default:
      return full_set();
  }
}

IntervalSet PredicateSets::implying(const MatchNode& node) const {
  switch (node.kind()) {
    case MatchKind::AlwaysTrue:
      return full_set();
    case MatchKind::Comparison:
      return implying_comparison(static_cast<const ComparisonNode&>(node));
    case MatchKind::In:
      return implying_in(static_cast<const query::InNode&>(node));
    case MatchKind::Exists:
      return complement(no_value());
    case MatchKind::Type:
      return implying_type(static_cast<const query::TypeNode&>(node));
    case MatchKind::And: {
      IntervalSet out = full_set();
      for (const auto& child : children_of(node))
        out = intersect(out, implying(*child));
      return out;
    }
    case MatchKind::Or: {
      IntervalSet out;
      for (const auto& child : children_of(node))
        out = unite(std::move(out), implying(*child));
      return out;
    }
    case MatchKind::Nor: {
      if (context_.arrays) return {};
      IntervalSet out = full_set();
      for (const auto& child : children_of(node))
        out = intersect(out, complement(covering(*child)));
      return out;
    }
    case MatchKind::Not:
      return context_.arrays ? IntervalSet{} : complement(covering(child_of(node)));
    default:
      return {};
  }
}

// A document with an array has the keys of its elements, and an array inside an array a key of its
// own.
IntervalSet PredicateSets::equal_to(ValueView value) const {
  IntervalSet out{point(value, context_.order)};
  if (!value.is_array()) return out;
  const bson::View array = value.as_document();
  out.push_back(array.empty() ? no_elements() : point(*array.begin(), context_.order));
  return normal(std::move(out));
}

IntervalSet PredicateSets::covering_comparison(const ComparisonNode& node) const {
  const ValueView operand = node.operand();
  if (!context_.same_order && depends_on_order(operand)) return full_set();
  if (node.op() == Op::Equal) return equal_to(operand);
  const bool with_equal = node.op() == Op::LessEqual || node.op() == Op::GreaterEqual;
  if (operand.type() == Type::Null || operand.type() == Type::Undefined || is_nan(operand)) {
    return with_equal ? equal_to(operand) : IntervalSet{};
  }
  if (!has_a_bracket(operand.type())) return full_set();
  return half_bracket(node.op(), operand, context_.order);
}

IntervalSet PredicateSets::implying_comparison(const ComparisonNode& node) const {
  const ValueView operand = node.operand();
  if (!context_.same_order && depends_on_order(operand)) return {};
  if (operand.is_array()) return {};
  // Where there are arrays, null may stand for a path that leads nowhere inside them.
  const bool nothing = operand.type() == Type::Null || operand.type() == Type::Undefined;
  if (nothing && context_.arrays) return {};
  if (node.op() != Op::Equal && !nothing && !has_a_bracket(operand.type())) return {};
  return covering_comparison(node);
}

IntervalSet PredicateSets::covering_in(const query::InNode& node) const {
  std::vector<Interval> out;
  for (const Value& value : node.values()) {
    if (!context_.same_order && depends_on_order(value)) return full_set();
    IntervalSet some = equal_to(value);
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  for (const auto& regex : node.regexes()) {
    IntervalSet some = covering_regex(*regex);
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return normal(std::move(out));
}

IntervalSet PredicateSets::implying_in(const query::InNode& node) const {
  std::vector<Interval> out;
  for (const Value& value : node.values()) {
    if (value.view().is_array()) continue;
    if (value.type() == Type::Null && context_.arrays) continue;
    if (!context_.same_order && depends_on_order(value)) continue;
    out.push_back(point(value, context_.order));
  }
  for (const auto& regex : node.regexes()) {
    const Value itself = Value::regex(regex->regex().pattern(), regex->regex().options());
    out.push_back(point(itself, nullptr));
  }
  return normal(std::move(out));
}

IntervalSet PredicateSets::covering_regex(const query::RegexNode& node) const {
  std::string prefix = context_.order == nullptr ? node.regex().literal_prefix() : std::string();
  if (const auto zero = prefix.find('\0'); zero != std::string::npos) prefix.resize(zero);
  Interval strings = bracket(Type::String);
  if (!prefix.empty()) {
    const Value shown = Value::string(prefix);
    const std::string key = strings.begin.key + prefix;
    // Shown as the strings from the prefix up to the one that follows all that begin with it.
    strings = {{key, shown, false},
               {bson::prefix_end(key), Value::string(bson::prefix_end(prefix)), false}};
  }
  const Value itself = Value::regex(node.regex().pattern(), node.regex().options());
  return normal({std::move(strings), point(itself, nullptr)});
}

IntervalSet PredicateSets::covering_type(const query::TypeNode& node) const {
  if (node.types().has(Type::Array)) return full_set();
  std::vector<Interval> out;
  for (const Type type : kTypes) {
    if (has_some(node.types(), type)) out.push_back(all_of(type));
  }
  return normal(std::move(out));
}

IntervalSet PredicateSets::implying_type(const query::TypeNode& node) const {
  std::vector<Interval> out;
  for (const Type type : kTypes) {
    if (has_all(node.types(), type)) out.push_back(all_of(type));
  }
  return normal(std::move(out));
}

// Over an array different elements may satisfy different predicates: one existential child may
// bound, along with all that speak of every element.
IntervalSet PredicateSets::covering_all(const MatchNode& node) const {
  IntervalSet all = full_set();
  IntervalSet best = full_set();
  for (const auto& child : children_of(node)) {
    IntervalSet own = covering(*child);
    if (!context_.arrays || child->kind() == MatchKind::Not || child->kind() == MatchKind::Nor) {
      all = intersect(all, own);
    } else if (breadth(own) < breadth(best)) {
      best = std::move(own);
    }
  }
  return intersect(all, best);
}

IntervalSet PredicateSets::covering_elements(const query::ElemMatchValueNode& node) const {
  const PredicateSets element = of_element();
  IntervalSet out = full_set();
  for (const auto& predicate : node.predicates())
    out = intersect(out, element.covering(*predicate));
  return out;
}

}  // namespace freshet::pipeline
