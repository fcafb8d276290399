// SPDX-License-Identifier: Apache-2.0
// $inc $mul $bit.
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "base/error.h"
#include "bson/compare.h"
#include "bson/decimal.h"
#include "bson/json.h"
#include "query/update_modifier.h"

namespace freshet::query {
namespace {

using bson::Type;
using bson::Value;
using bson::ValueView;

bson::Decimal128 to_decimal(ValueView value) {
  if (value.type() == Type::Decimal128) return value.as_decimal();
  if (value.type() == Type::Double) return bson::decimal::from_double(value.as_double());
  return bson::decimal::from_int64(value.number_as_int64());
}

/// a + b or a * b in the wider of both types, int32 growing to int64; Missing when int64 overflows.
Value combine(ValueView a, ValueView b, bool multiply) {
  if (a.type() == Type::Decimal128 || b.type() == Type::Decimal128) {
    const bson::Decimal128 x = to_decimal(a);
    const bson::Decimal128 y = to_decimal(b);
    return Value::decimal(multiply ? bson::decimal::multiply(x, y) : bson::decimal::add(x, y));
  }
  if (a.type() == Type::Double || b.type() == Type::Double) {
    const double x = a.number_as_double();
    const double y = b.number_as_double();
    return Value::number(multiply ? x * y : x + y);
  }
  std::int64_t result = 0;
  const std::int64_t x = a.number_as_int64();
  const std::int64_t y = b.number_as_int64();
  if (multiply ? __builtin_mul_overflow(x, y, &result) : __builtin_add_overflow(x, y, &result))
    return {};
  const bool wide = a.type() == Type::Int64 || b.type() == Type::Int64;
  if (!wide && result >= std::numeric_limits<std::int32_t>::min() &&
      result <= std::numeric_limits<std::int32_t>::max()) {
    return Value::int32(static_cast<std::int32_t>(result));
  }
  return Value::int64(result);
}

/// Same type and equal as a number: -0.0 is 0.0 here, and NaN is equal to nothing.
bool same_number(ValueView a, ValueView b) {
  if (a.type() != b.type()) return false;
  if (a.type() == Type::Double) return a.as_double() == b.as_double();
  if (a.type() != Type::Decimal128) return a.number_as_int64() == b.number_as_int64();
  const bool nan = bson::decimal::is_nan(a.as_decimal()) || bson::decimal::is_nan(b.as_decimal());
  return !nan && bson::decimal::compare(a.as_decimal(), b.as_decimal()) == 0;
}

class Arithmetic final : public Modifier {
 public:
  Arithmetic(ValueView operand, bool multiply)
      : operand_(Value::copy(operand)), multiply_(multiply) {}

  ModifierResult apply(ValueView existing, const ModifierInput& input) const override {
    if (!existing.is_number()) {
      raise(ErrorCode::TypeMismatch,
            "cannot apply {} to a value of non-numeric type; the field '{}' is of type {}", name(),
            input.path, bson::type_alias(existing.type()));
    }
    Value result = combine(existing, operand_.view(), multiply_);
    if (result.missing()) {
      raise(ErrorCode::BadValue,
            "failed to apply {} to the current value {} of '{}': integer overflow", name(),
            existing.number_as_int64(), input.path);
    }
    if (same_number(existing, result.view())) return ModifierResult::unchanged();
    return ModifierResult::set(std::move(result));
  }

  Value create(const ModifierInput&) const override {
    return multiply_ ? combine(operand_.view(), Value::int32(0).view(), true) : operand_;
  }

 private:
  const char* name() const { return multiply_ ? "$mul" : "$inc"; }
  Value operand_;
  bool multiply_;
};

ModifierPtr make_arithmetic(const bson::Element& argument, bool multiply) {
  if (!argument.is_number()) {
    raise(ErrorCode::TypeMismatch, "cannot {} with non-numeric argument: {{{}: {}}}",
          multiply ? "multiply" : "increment", argument.name(), bson::to_json(argument.value()));
  }
  return std::make_unique<Arithmetic>(argument, multiply);
}

struct BitStep {
  enum class Op { And, Or, Xor } op;
  Value operand;
};

class Bit final : public Modifier {
 public:
  explicit Bit(std::vector<BitStep> steps) : steps_(std::move(steps)) {}

  ModifierResult apply(ValueView existing, const ModifierInput& input) const override {
    if (existing.type() != Type::Int32 && existing.type() != Type::Int64) {
      raise(ErrorCode::BadValue,
            "cannot apply $bit to a value of non-integral type; the field '{}' is of type {}",
            input.path, bson::type_alias(existing.type()));
    }
    Value result = run(Value(existing));
    if (bson::identical(existing, result.view())) return ModifierResult::unchanged();
    return ModifierResult::set(std::move(result));
  }

  Value create(const ModifierInput&) const override { return run(Value::int32(0)); }

 private:
  Value run(Value value) const {
    for (const BitStep& step : steps_) {
      const std::int64_t a = value.view().number_as_int64();
      const std::int64_t b = step.operand.view().number_as_int64();
      std::int64_t result = a ^ b;
      if (step.op == BitStep::Op::And) result = a & b;
      if (step.op == BitStep::Op::Or) result = a | b;
      const bool wide = value.type() == Type::Int64 || step.operand.type() == Type::Int64;
      value = wide ? Value::int64(result) : Value::int32(static_cast<std::int32_t>(result));
    }
    return value;
  }

  std::vector<BitStep> steps_;
};

BitStep::Op parse_bit_op(std::string_view name) {
  if (name == "and") return BitStep::Op::And;
  if (name == "or") return BitStep::Op::Or;
  if (name == "xor") return BitStep::Op::Xor;
  raise(ErrorCode::BadValue, "the $bit modifier only supports 'and', 'or', and 'xor', not '{}'",
        name);
}

}  // namespace

ModifierPtr make_inc(const bson::Element& argument, const QueryContext&) {
  return make_arithmetic(argument, false);
}

ModifierPtr make_mul(const bson::Element& argument, const QueryContext&) {
  return make_arithmetic(argument, true);
}

ModifierPtr make_bit(const bson::Element& argument, const QueryContext&) {
  if (!argument.is_document()) {
    raise(ErrorCode::BadValue, "the $bit modifier is not compatible with a {}; it takes a document",
          bson::type_alias(argument.type()));
  }
  std::vector<BitStep> steps;
  for (const bson::Element& element : argument.as_document()) {
    const BitStep::Op op = parse_bit_op(element.name());
    if (element.type() != Type::Int32 && element.type() != Type::Int64) {
      raise(ErrorCode::BadValue,
            "the $bit modifier field must be an Integer(32/64 bit); a '{}' is not supported here",
            bson::type_alias(element.type()));
    }
    steps.push_back({op, Value(element)});
  }
  if (steps.empty()) raise(ErrorCode::BadValue, "you must pass in at least one bitwise operation");
  return std::make_unique<Bit>(std::move(steps));
}

}  // namespace freshet::query
