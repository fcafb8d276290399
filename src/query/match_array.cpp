// SPDX-License-Identifier: Apache-2.0
// $elemMatch, $all, $size.
#include <cmath>

#include "base/error.h"
#include "query/match_parse.h"

namespace freshet::query {
namespace {

/// Names that stand at the top of a filter and on the right of a field alike make {$elemMatch:
/// {$and: …}} a filter.
bool is_filter_operator(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "$and",     "$or",         "$nor",         "$expr",       "$where", "$text", "$jsonSchema",
      "$comment", "$alwaysTrue", "$alwaysFalse", "$sampleRate", "$ref",   "$id",   "$db"};
  for (const std::string_view candidate : kNames) {
    if (name == candidate) return true;
  }
  return false;
}

MatchNodePtr parse_all_elem_matches(const FieldPredicate& predicate, MatchParse& parse) {
  std::vector<MatchNodePtr> nodes;
  for (const bson::Element& element : predicate.argument.as_document()) {
    const bool fits = element.is_document() && !element.as_document().empty() &&
                      element.as_document().begin()->name() == "$elemMatch" &&
                      element.as_document().count() == 1;
    if (!fits)
      raise(ErrorCode::BadValue, "$all/$elemMatch has to be consistent (field '{}')",
            predicate.path);
    nodes.push_back(parse_elem_match(
        {predicate.path, *element.as_document().begin(), element.as_document()}, parse));
  }
  return make_and(std::move(nodes));
}

}  // namespace

bool SizeNode::matches_value(bson::ValueView value) const {
  return value.is_array() && static_cast<std::int64_t>(value.as_document().count()) == size_;
}

bool ElemMatchObjectNode::matches_leaf(bson::ValueView value, MatchDetails* details) const {
  if (!value.is_array()) return false;
  std::size_t index = 0;
  for (const bson::Element& element : value.as_document()) {
    if ((element.is_document() || element.is_array()) &&
        filter_->matches(element.as_document(), nullptr)) {
      if (details != nullptr) details->array_index = index;
      return true;
    }
    ++index;
  }
  return false;
}

bool ElemMatchValueNode::matches_leaf(bson::ValueView value, MatchDetails* details) const {
  if (!value.is_array()) return false;
  std::size_t index = 0;
  for (const bson::Element& element : value.as_document()) {
    bool all = true;
    for (const MatchNodePtr& predicate : predicates_)
      all = all && predicate->matches_value(element);
    if (all) {
      if (details != nullptr) details->array_index = index;
      return true;
    }
    ++index;
  }
  return false;
}

MatchNodePtr parse_elem_match(const FieldPredicate& predicate, MatchParse& parse) {
  if (!predicate.argument.is_document()) raise(ErrorCode::BadValue, "$elemMatch needs an Object");
  const bson::View spec = predicate.argument.as_document();
  const bool outer = std::exchange(parse.in_elem_match, true);
  MatchNodePtr node;
  if (is_operator_document(predicate.argument) && !is_filter_operator(spec.begin()->name())) {
    node = std::make_unique<ElemMatchValueNode>(predicate.path, parse_operators("", spec, parse));
  } else {
    node = std::make_unique<ElemMatchObjectNode>(predicate.path, parse_filter(spec, parse));
  }
  parse.in_elem_match = outer;
  return node;
}

MatchNodePtr parse_all(const FieldPredicate& predicate, MatchParse& parse) {
  if (!predicate.argument.is_array()) raise(ErrorCode::BadValue, "$all needs an array");
  const bson::View list = predicate.argument.as_document();
  if (list.empty()) return std::make_unique<ConstantNode>(false);
  const bson::Element first = *list.begin();
  if (first.is_document() && !first.as_document().empty() &&
      first.as_document().begin()->name() == "$elemMatch") {
    return parse_all_elem_matches(predicate, parse);
  }
  std::vector<MatchNodePtr> nodes;
  for (const bson::Element& element : list) {
    const bool nested = element.is_document() && !element.as_document().empty();
    if (nested && is_field_operator(element.as_document().begin()->name())) {
      raise(ErrorCode::BadValue, "no $ expressions in $all (field '{}')", predicate.path);
    }
    nodes.push_back(parse_equality(predicate.path, element, parse));
  }
  return make_and(std::move(nodes));
}

MatchNodePtr parse_size(const FieldPredicate& predicate, MatchParse&) {
  const bson::Element& argument = predicate.argument;
  if (!argument.is_number() || argument.type() == bson::Type::Decimal128) {
    raise(ErrorCode::BadValue, "failed to parse $size: expected a whole number, found {}",
          bson::type_alias(argument.type()));
  }
  const double number = argument.number_as_double();
  if (std::trunc(number) != number || number < 0 || number > 2147483647.0) {
    raise(ErrorCode::BadValue,
          "failed to parse $size: expected a non-negative 32-bit integer, found {}", number);
  }
  return std::make_unique<SizeNode>(predicate.path, argument.number_as_int64());
}

}  // namespace freshet::query
