// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/expression_conjunct.h"

#include <optional>
#include <string_view>
#include <utility>

#include "query/expression/expression.h"

namespace freshet::pipeline {
namespace {

using Op = query::ComparisonNode::Op;

struct Comparison {
  std::string_view name;
  Op op;
  Op turned;  ///< with the operands exchanged
};

constexpr Comparison kComparisons[] = {
    {"$eq", Op::Equal, Op::Equal},
    {"$gt", Op::Greater, Op::Less},
    {"$gte", Op::GreaterEqual, Op::LessEqual},
    {"$lt", Op::Less, Op::Greater},
    {"$lte", Op::LessEqual, Op::GreaterEqual},
};

const Comparison* find_comparison(std::string_view name) {
  for (const Comparison& row : kComparisons) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::optional<std::string_view> path_of(bson::ValueView operand) {
  if (!operand.is_string()) return std::nullopt;
  const std::string_view text = operand.as_string();
  if (text.size() < 2 || text[0] != '$' || text[1] == '$') return std::nullopt;
  return text.substr(1);
}

/// The value of an operand that does not depend on the document; Missing otherwise.
bson::Value constant_of(bson::ValueView operand, const query::QueryContext& context) {
  const query::CompiledExpression expression(operand, context);
  const bool variable = operand.is_string() && operand.as_string().starts_with("$$");
  query::Dependencies reads;
  expression.root().add_dependencies(reads);
  if (!reads.paths.empty() || reads.whole_document) return {};
  if (!variable && !expression.root().is_constant()) return {};
  return expression.evaluate(bson::View(), context).owned();
}

void collect(bson::ValueView spec, const query::ExpressionNode& node, std::vector<Conjunct>& out) {
  if (!spec.is_document() || spec.as_document().count() != 1) return;
  const bson::Element only = *spec.as_document().begin();
  if (!only.is_array()) return;
  if (only.name() == "$and") {
    for (const bson::Element& operand : only.as_document())
      collect(operand, node, out);
    return;
  }
  const Comparison* comparison = find_comparison(only.name());
  if (comparison == nullptr || only.as_document().count() != 2) return;
  const bson::View operands = only.as_document();
  const auto left = path_of(operands["0"]);
  const auto right = path_of(operands["1"]);
  if (left.has_value() == right.has_value()) return;
  bson::Value constant = constant_of(left ? operands["1"] : operands["0"], node.context());
  if (constant.missing()) return;
  Conjunct conjunct;
  conjunct.path = left ? *left : *right;
  conjunct.expression = ExpressionComparison{.op = left ? comparison->op : comparison->turned,
                                             .operand = std::move(constant)};
  if (!conjunct.has_place()) out.push_back(std::move(conjunct));
}

}  // namespace

std::vector<Conjunct> conjuncts_of_expression(const query::ExpressionNode& node) {
  std::vector<Conjunct> out;
  collect(node.spec(), node, out);
  return out;
}

}  // namespace freshet::pipeline
