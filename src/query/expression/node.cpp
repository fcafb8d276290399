// SPDX-License-Identifier: Apache-2.0
// The node for "operator with operands", how operands are parsed, and helpers of all families.
#include "query/expression/node.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/operation.h"
#include "bson/decimal.h"

namespace freshet::query {

OperatorNode::OperatorNode(const Operator& op, OperandList operands)
    : op_(op),
      operands_(std::move(operands)),
      prepared_(op.prepare != nullptr ? op.prepare(operands_) : nullptr) {}

void OperatorNode::add_dependencies(Dependencies& out) const {
  for (const auto& operand : operands_) {
    if (operand) operand->add_dependencies(out);
  }
}

ExpressionPtr constant(const Value& value) {
  return std::make_unique<Constant>(value);
}

KnownValue known_value(const ExpressionPtr& operand) {
  if (operand == nullptr) return {true, Value()};
  if (!operand->is_constant()) return {};
  return {true, static_cast<const Constant&>(*operand).value()};
}

OperandList parse_positional(ValueView spec, ParseScope& scope) {
  OperandList operands;
  if (!spec.is_array()) {
    operands.push_back(parse_expression(spec, scope));
    return operands;
  }
  for (const auto& element : spec.as_document())
    operands.push_back(parse_expression(element, scope));
  return operands;
}

OperandList parse_named(std::string_view op, const NamedOperands& named, ValueView spec,
                        ParseScope& scope) {
  if (!spec.is_document()) {
    raise(location(named.not_object_code), "{} takes an object, found {}", op,
          bson::type_alias(spec.type()));
  }
  OperandList operands(named.operands.size());
  for (const auto& element : spec.as_document()) {
    const auto found = std::ranges::find(named.operands, element.name(), &NamedOperand::name);
    if (found == named.operands.end()) {
      raise(location(named.unknown_code), "{} has no argument called '{}'", op, element.name());
    }
    operands[static_cast<std::size_t>(found - named.operands.begin())] =
        parse_expression(element, scope);
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i] == nullptr && named.operands[i].missing_code != 0) {
      raise(location(named.operands[i].missing_code), "{} needs the argument '{}'", op,
            named.operands[i].name);
    }
  }
  return operands;
}

ExpressionPtr make_operator(const Operator& op, OperandList operands, ParseScope& scope) {
  const bool foldable = op.pure && std::ranges::all_of(operands, [](const auto& operand) {
                          return operand == nullptr || operand->is_constant();
                        });
  auto node = std::make_unique<OperatorNode>(op, std::move(operands));
  if (!foldable) return node;
  EvalContext context{scope.query(), Value(), Value(), {}};
  return constant(node->evaluate(context));
}

void push_value(bson::Builder& array, const Value& value) {
  if (value.missing()) {
    array.push(Value::null().view());
  } else {
    array.push(value.view());
  }
  check_size(array.size_bytes());
}

void check_size(std::size_t bytes) {
  if (bytes > kExpressionBytesMax) {
    raise(ErrorCode::BSONObjectTooLarge, "a computed value exceeds {} bytes", kExpressionBytesMax);
  }
}

Value finish_array(bson::Builder& builder) {
  return Value::array(builder.take());
}

void check_interrupt(const EvalContext& context) {
  if (Operation* running = context.query.running()) running->check();
}

bool is_integral_int64(ValueView value) {
  switch (value.type()) {
    case Type::Int32:
    case Type::Int64:
      return true;
    case Type::Double: {
      const double d = value.as_double();
      return d >= -0x1p63 && d < 0x1p63 && std::trunc(d) == d;
    }
    case Type::Decimal128: {
      const auto whole = bson::decimal::to_int64(value.as_decimal());
      return whole &&
             bson::decimal::compare(bson::decimal::from_int64(*whole), value.as_decimal()) == 0;
    }
    default:
      return false;
  }
}

bool is_integral_int32(ValueView value) {
  if (!is_integral_int64(value)) return false;
  const auto whole = value.number_as_int64();
  return whole >= std::numeric_limits<std::int32_t>::min() &&
         whole <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace freshet::query
