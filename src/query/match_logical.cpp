// SPDX-License-Identifier: Apache-2.0
// $and $or $nor $not, and the operators at the top of a filter that name no field.
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "query/expression/expression.h"
#include "query/match_parse.h"

namespace freshet::query {
namespace {

std::vector<MatchNodePtr> parse_list(const bson::Element& argument, MatchParse& parse) {
  if (!argument.is_array() || argument.as_document().empty()) {
    raise(ErrorCode::BadValue, "{} must be a nonempty array", argument.name());
  }
  std::vector<MatchNodePtr> nodes;
  for (const bson::Element& element : argument.as_document()) {
    if (!element.is_document()) {
      raise(ErrorCode::BadValue, "{} argument's entries must be objects, found {}", argument.name(),
            bson::type_alias(element.type()));
    }
    nodes.push_back(parse_filter(element.as_document(), parse));
  }
  return nodes;
}

MatchNodePtr parse_constant(const bson::Element& argument, bool value) {
  if (!argument.is_number() || argument.number_as_double() != 1.0) {
    raise(ErrorCode::FailedToParse, "{} must be an integer value of 1", argument.name());
  }
  return std::make_unique<ConstantNode>(value);
}

/// Equalities of one path with scalars are one $in, as MongoDB rewrites them; null otherwise.
MatchNodePtr as_in(const std::vector<MatchNodePtr>& nodes) {
  std::vector<bson::Value> values;
  const ComparisonNode* first = nullptr;
  for (const MatchNodePtr& node : nodes) {
    const auto* comparison = dynamic_cast<const ComparisonNode*>(node.get());
    if (comparison == nullptr || comparison->op() != ComparisonNode::Op::Equal) return nullptr;
    const bson::ValueView operand = comparison->operand();
    if (operand.nullish() || operand.is_array() || operand.is_document()) return nullptr;
    if (first == nullptr) first = comparison;
    if (comparison->path().text() != first->path().text()) return nullptr;
    values.push_back(bson::Value::copy(operand));
  }
  return std::make_unique<InNode>(first->path().text(), std::move(values),
                                  std::vector<std::unique_ptr<const RegexNode>>(), first->order());
}

/// {$sampleRate: 0.1}: by chance, anew for each document.
class SampleNode final : public MatchNode {
 public:
  SampleNode(double rate, Random* random)
      : MatchNode(MatchKind::Sample), rate_(rate), random_(random) {}
  bool matches(bson::View, MatchDetails*) const override { return random_->unit() < rate_; }
  bool matches_value(bson::ValueView) const override { return false; }

 private:
  double rate_;
  Random* random_;
};

}  // namespace

bool ListNode::matches(bson::View document, MatchDetails* details) const {
  if (kind() == MatchKind::And) {
    for (const MatchNodePtr& child : children_) {
      if (!child->matches(document, details)) {
        if (details != nullptr) details->array_index.reset();
        return false;
      }
    }
    return true;
  }
  // An $or does not say which element matched: `$` behind it is an error.
  for (const MatchNodePtr& child : children_) {
    if (child->matches(document, nullptr)) return kind() == MatchKind::Or;
  }
  return kind() == MatchKind::Nor;
}

bool ListNode::matches_value(bson::ValueView value) const {
  const bool stop_at = kind() != MatchKind::And;
  for (const MatchNodePtr& child : children_) {
    if (child->matches_value(value) == stop_at) return kind() == MatchKind::Or;
  }
  return kind() != MatchKind::Or;
}

MatchNodePtr parse_and(bson::Element argument, MatchParse& parse) {
  return make_and(parse_list(argument, parse));
}

MatchNodePtr parse_or(bson::Element argument, MatchParse& parse) {
  const bool outside = std::exchange(parse.in_or, true);
  std::vector<MatchNodePtr> nodes = parse_list(argument, parse);
  parse.in_or = outside;
  if (nodes.size() == 1) return std::move(nodes[0]);
  if (MatchNodePtr in = as_in(nodes)) return in;
  return std::make_unique<ListNode>(MatchKind::Or, std::move(nodes));
}

MatchNodePtr parse_nor(bson::Element argument, MatchParse& parse) {
  const bool outside = std::exchange(parse.in_nor, true);
  auto out = std::make_unique<ListNode>(MatchKind::Nor, parse_list(argument, parse));
  parse.in_nor = outside;
  return out;
}

MatchNodePtr parse_not(const FieldPredicate& predicate, MatchParse& parse) {
  const bson::Element& argument = predicate.argument;
  if (argument.type() == bson::Type::Regex)
    return std::make_unique<NotNode>(make_regex(predicate.path, argument));
  if (!argument.is_document()) raise(ErrorCode::BadValue, "$not needs a regex or a document");
  if (argument.as_document().empty()) raise(ErrorCode::BadValue, "$not cannot be empty");
  const bool outside = std::exchange(parse.in_not, true);
  auto out = std::make_unique<NotNode>(
      make_and(parse_operators(predicate.path, argument.as_document(), parse)));
  parse.in_not = outside;
  return out;
}

MatchNodePtr parse_always_true(bson::Element argument, MatchParse&) {
  return parse_constant(argument, true);
}

MatchNodePtr parse_always_false(bson::Element argument, MatchParse&) {
  return parse_constant(argument, false);
}

MatchNodePtr parse_comment(bson::Element, MatchParse&) {
  return nullptr;
}

MatchNodePtr parse_sample_rate(bson::Element argument, MatchParse& parse) {
  if (parse.in_elem_match)
    raise(ErrorCode::BadValue, "$sampleRate can only be applied to the top-level document");
  if (!argument.is_number())
    raise(ErrorCode::BadValue, "argument to $sampleRate must be a numeric type");
  const double rate = argument.number_as_double();
  if (!(rate >= 0.0 && rate <= 1.0))
    raise(ErrorCode::BadValue, "$sampleRate must be in the range [0, 1], not {}", rate);
  if (rate == 0.0 || rate == 1.0) return std::make_unique<ConstantNode>(rate == 1.0);
  if (parse.context.random == nullptr)
    raise(ErrorCode::QueryFeatureNotAllowed, "$sampleRate is not allowed here");
  return std::make_unique<SampleNode>(rate, parse.context.random);
}

struct ExpressionNode::Compiled {
  CompiledExpression expression;
  QueryContext context;
};

ExpressionNode::ExpressionNode(bson::ValueView spec, const QueryContext& context)
    : MatchNode(MatchKind::Expression),
      spec_(bson::Value::copy(spec)),
      compiled_(new Compiled{CompiledExpression(spec, context), context}) {}

ExpressionNode::~ExpressionNode() = default;

const QueryContext& ExpressionNode::context() const {
  return compiled_->context;
}

bool ExpressionNode::matches(bson::View document, MatchDetails*) const {
  return compiled_->expression.evaluate(document, compiled_->context).view().truthy();
}

MatchNodePtr parse_expr(bson::Element argument, MatchParse& parse) {
  if (parse.in_elem_match)
    raise(ErrorCode::BadValue, "$expr can only be applied to the top-level document");
  return std::make_unique<ExpressionNode>(argument, parse.context);
}

}  // namespace freshet::query
