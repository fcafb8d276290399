// SPDX-License-Identifier: Apache-2.0
// Comparison, boolean and conditional operators.
#include "base/error.h"
#include "bson/compare.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

int compare_operands(const Operands& in) {
  const Value left = in[0];
  const Value right = in[1];
  return bson::compare(left.view(), right.view(), in.collation());
}

/// {$switch: {branches: [{case, then} …], default}}.
class SwitchNode final : public Expression {
 public:
  struct Branch {
    ExpressionPtr condition;
    ExpressionPtr result;
  };
  SwitchNode(std::vector<Branch> branches, ExpressionPtr otherwise)
      : branches_(std::move(branches)), default_(std::move(otherwise)) {}

  Value evaluate(EvalContext& context) const override {
    for (const auto& branch : branches_) {
      if (branch.condition->evaluate(context).view().truthy())
        return branch.result->evaluate(context);
    }
    if (default_ == nullptr) {
      raise(location(40066), "$switch found no branch that matches and has no default");
    }
    return default_->evaluate(context);
  }

  void add_dependencies(Dependencies& out) const override {
    for (const auto& branch : branches_) {
      branch.condition->add_dependencies(out);
      branch.result->add_dependencies(out);
    }
    if (default_) default_->add_dependencies(out);
  }

 private:
  std::vector<Branch> branches_;
  ExpressionPtr default_;
};

SwitchNode::Branch parse_branch(ValueView spec, ParseScope& scope) {
  if (!spec.is_document()) {
    raise(location(40062), "$switch needs each branch to be an object, found {}",
          bson::type_alias(spec.type()));
  }
  SwitchNode::Branch branch;
  for (const auto& element : spec.as_document()) {
    if (element.name() == "case") {
      branch.condition = parse_expression(element, scope);
    } else if (element.name() == "then") {
      branch.result = parse_expression(element, scope);
    } else {
      raise(location(40063), "a branch of $switch has no argument called '{}'", element.name());
    }
  }
  if (branch.condition == nullptr) raise(location(40064), "each branch of $switch needs a 'case'");
  if (branch.result == nullptr) raise(location(40065), "each branch of $switch needs a 'then'");
  return branch;
}

}  // namespace

Value eval_eq(const Operands& in) {
  return Value::boolean(compare_operands(in) == 0);
}
Value eval_ne(const Operands& in) {
  return Value::boolean(compare_operands(in) != 0);
}
Value eval_gt(const Operands& in) {
  return Value::boolean(compare_operands(in) > 0);
}
Value eval_gte(const Operands& in) {
  return Value::boolean(compare_operands(in) >= 0);
}
Value eval_lt(const Operands& in) {
  return Value::boolean(compare_operands(in) < 0);
}
Value eval_lte(const Operands& in) {
  return Value::boolean(compare_operands(in) <= 0);
}

Value eval_cmp(const Operands& in) {
  const int order = compare_operands(in);
  return Value::int32(order < 0 ? -1 : order > 0 ? 1 : 0);
}

Value eval_and(const Operands& in) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!in[i].view().truthy()) return Value::boolean(false);
  }
  return Value::boolean(true);
}

Value eval_or(const Operands& in) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i].view().truthy()) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value eval_not(const Operands& in) {
  return Value::boolean(!in[0].view().truthy());
}

Value eval_if_null(const Operands& in) {
  for (std::size_t i = 0; i + 1 < in.size(); ++i) {
    Value value = in[i];
    if (!value.nullish()) return value;
  }
  return in[in.size() - 1];
}

Value eval_cond(const Operands& in) {
  return in[0].view().truthy() ? in[1] : in[2];
}

ExpressionPtr parse_cond(const Operator& op, ValueView spec, ParseScope& scope) {
  OperandList operands;
  if (spec.is_document()) {
    static constexpr NamedOperand kOperands[] = {{"if", 17080}, {"then", 17081}, {"else", 17082}};
    static constexpr NamedOperands kNamed{kOperands, 17080, 17083};
    operands = parse_named(op.name, kNamed, spec, scope);
  } else {
    operands = parse_positional(spec, scope);
    if (operands.size() != 3) {
      raise(location(16020), "$cond takes exactly 3 arguments, {} were given", operands.size());
    }
  }
  return make_operator(op, std::move(operands), scope);
}

ExpressionPtr parse_switch(const Operator&, ValueView spec, ParseScope& scope) {
  if (!spec.is_document()) {
    raise(location(40060), "$switch takes an object, found {}", bson::type_alias(spec.type()));
  }
  std::vector<SwitchNode::Branch> branches;
  ExpressionPtr otherwise;
  for (const auto& element : spec.as_document()) {
    if (element.name() == "branches") {
      if (!element.is_array()) {
        raise(location(40061), "$switch needs an array of 'branches', found {}",
              bson::type_alias(element.type()));
      }
      for (const auto& branch : element.as_document())
        branches.push_back(parse_branch(branch, scope));
    } else if (element.name() == "default") {
      otherwise = parse_expression(element, scope);
    } else {
      raise(location(40067), "$switch has no argument called '{}'", element.name());
    }
  }
  if (branches.empty()) raise(location(40068), "$switch needs at least one branch");
  return std::make_unique<SwitchNode>(std::move(branches), std::move(otherwise));
}

}  // namespace freshet::query
