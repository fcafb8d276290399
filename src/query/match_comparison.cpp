// SPDX-License-Identifier: Apache-2.0
// $eq $ne $lt $lte $gt $gte $in $nin.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "bson/decimal.h"
#include "query/match_parse.h"

namespace freshet::query {
namespace {

using Op = ComparisonNode::Op;

bool is_nan(bson::ValueView value) {
  if (value.type() == bson::Type::Double) return std::isnan(value.as_double());
  return value.type() == bson::Type::Decimal128 && bson::decimal::is_nan(value.as_decimal());
}

void refuse_undefined(bson::ValueView operand) {
  if (operand.type() == bson::Type::Undefined)
    raise(ErrorCode::BadValue, "cannot compare to undefined");
}

MatchNodePtr make_comparison(const FieldPredicate& predicate, Op op, MatchParse& parse) {
  refuse_undefined(predicate.argument);
  if (op != Op::Equal && predicate.argument.type() == bson::Type::Regex) {
    raise(ErrorCode::BadValue, "{} cannot take a regular expression (field '{}')",
          predicate.argument.name(), predicate.path);
  }
  return std::make_unique<ComparisonNode>(predicate.path, op, predicate.argument,
                                          parse.context.collation);
}

}  // namespace

ComparisonNode::ComparisonNode(std::string_view path, Op op, bson::ValueView operand,
                               const bson::StringOrder* order)
    : PathNode(MatchKind::Comparison, path, LeafArrays::Open),
      op_(op),
      operand_is_nan_(is_nan(operand)),
      rank_(bson::canonical_rank(operand.type())),
      operand_(bson::Value::copy(operand)),
      order_(order) {}

bool ComparisonNode::matches_value(bson::ValueView value) const {
  const bson::Type type = value.type();
  const bool no_value = type == bson::Type::Missing || type == bson::Type::Undefined;
  if (no_value || bson::canonical_rank(type) != rank_) return matches_other_type(value);
  if (operand_is_nan_ || is_nan(value)) {
    const bool with_equal = op_ == Op::Equal || op_ == Op::LessEqual || op_ == Op::GreaterEqual;
    return with_equal && operand_is_nan_ && is_nan(value);
  }
  const int order = bson::compare(value, operand_.view(), order_);
  switch (op_) {
    case Op::Equal:
      return order == 0;
    case Op::Less:
      return order < 0;
    case Op::LessEqual:
      return order <= 0;
    case Op::Greater:
      return order > 0;
    case Op::GreaterEqual:
      return order >= 0;
  }
  return false;
}

bool ComparisonNode::matches_other_type(bson::ValueView value) const {
  switch (operand_.type()) {
    case bson::Type::Null:
      return value.missing() && op_ != Op::Less && op_ != Op::Greater;
    case bson::Type::MaxKey:
      return op_ == Op::Less || op_ == Op::LessEqual;
    case bson::Type::MinKey:
      return op_ == Op::Greater || op_ == Op::GreaterEqual;
    default:
      return false;
  }
}

InNode::InNode(std::string_view path, std::vector<bson::Value> values,
               std::vector<std::unique_ptr<const RegexNode>> regexes,
               const bson::StringOrder* order)
    : PathNode(MatchKind::In, path, LeafArrays::Open),
      values_(std::move(values)),
      regexes_(std::move(regexes)),
      order_(order) {
  const auto less = [this](const bson::Value& a, const bson::Value& b) {
    return bson::compare(a.view(), b.view(), order_) < 0;
  };
  std::ranges::stable_sort(values_, less);
  const auto equal = [this](const bson::Value& a, const bson::Value& b) {
    return bson::compare(a.view(), b.view(), order_) == 0;
  };
  values_.erase(std::unique(values_.begin(), values_.end(), equal),
                values_.end());  // clang 14 lacks subrange
  has_null_ = std::ranges::any_of(
      values_, [](const bson::Value& v) { return v.type() == bson::Type::Null; });
}

bool InNode::matches_value(bson::ValueView value) const {
  if (value.missing()) return has_null_;
  if (value.type() != bson::Type::Undefined) {
    const auto at =
        std::lower_bound(values_.begin(), values_.end(), value,
                         [this](const bson::Value& candidate, const bson::ValueView& wanted) {
                           return bson::compare(candidate.view(), wanted, order_) < 0;
                         });
    if (at != values_.end() && bson::compare(at->view(), value, order_) == 0) return true;
  }
  return std::ranges::any_of(regexes_,
                             [value](const auto& regex) { return regex->matches_value(value); });
}

MatchNodePtr parse_eq(const FieldPredicate& predicate, MatchParse& parse) {
  return make_comparison(predicate, Op::Equal, parse);
}

MatchNodePtr parse_lt(const FieldPredicate& predicate, MatchParse& parse) {
  return make_comparison(predicate, Op::Less, parse);
}

MatchNodePtr parse_lte(const FieldPredicate& predicate, MatchParse& parse) {
  return make_comparison(predicate, Op::LessEqual, parse);
}

MatchNodePtr parse_gt(const FieldPredicate& predicate, MatchParse& parse) {
  return make_comparison(predicate, Op::Greater, parse);
}

MatchNodePtr parse_gte(const FieldPredicate& predicate, MatchParse& parse) {
  return make_comparison(predicate, Op::GreaterEqual, parse);
}

MatchNodePtr parse_ne(const FieldPredicate& predicate, MatchParse& parse) {
  if (predicate.argument.type() == bson::Type::Regex) {
    raise(ErrorCode::BadValue, "$ne cannot take a regular expression (field '{}'); use $not",
          predicate.path);
  }
  return std::make_unique<NotNode>(parse_eq(predicate, parse));
}

MatchNodePtr parse_in(const FieldPredicate& predicate, MatchParse& parse) {
  if (!predicate.argument.is_array())
    raise(ErrorCode::BadValue, "{} needs an array", predicate.argument.name());
  std::vector<bson::Value> values;
  std::vector<std::unique_ptr<const RegexNode>> regexes;
  for (const bson::Element& element : predicate.argument.as_document()) {
    refuse_undefined(element);
    if (is_operator_document(element)) {
      raise(ErrorCode::BadValue, "{} cannot hold operators, found {}", predicate.argument.name(),
            element.as_document().begin()->name());
    }
    if (element.type() == bson::Type::Regex) {
      const bson::RegexView regex = element.as_regex();
      regexes.push_back(std::make_unique<RegexNode>(predicate.path, regex.pattern, regex.options));
    } else {
      values.push_back(bson::Value::copy(element));
    }
  }
  return std::make_unique<InNode>(predicate.path, std::move(values), std::move(regexes),
                                  parse.context.collation);
}

MatchNodePtr parse_nin(const FieldPredicate& predicate, MatchParse& parse) {
  return std::make_unique<NotNode>(parse_in(predicate, parse));
}

}  // namespace freshet::query
