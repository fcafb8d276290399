// SPDX-License-Identifier: Apache-2.0
// $bitAnd $bitOr $bitXor $bitNot over ints and longs.
#include "base/error.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

void check_integer(const Operands& in, ValueView value) {
  if (value.type() != Type::Int32 && value.type() != Type::Int64) {
    raise(ErrorCode::TypeMismatch, "{} only supports int and long operands, not {}", in.name(),
          bson::type_alias(value.type()));
  }
}

template <typename Combine>
Value combine(const Operands& in, std::int64_t start, Combine combine_two) {
  std::int64_t bits = start;
  bool is_long = false;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Value operand = in[i];
    if (operand.nullish()) return Value::null();
    check_integer(in, operand.view());
    is_long = is_long || operand.type() == Type::Int64;
    bits = combine_two(bits, operand.view().number_as_int64());
  }
  return is_long ? Value::int64(bits) : Value::int32(static_cast<std::int32_t>(bits));
}

}  // namespace

Value eval_bit_and(const Operands& in) {
  return combine(in, -1, [](std::int64_t a, std::int64_t b) { return a & b; });
}

Value eval_bit_or(const Operands& in) {
  return combine(in, 0, [](std::int64_t a, std::int64_t b) { return a | b; });
}

Value eval_bit_xor(const Operands& in) {
  return combine(in, 0, [](std::int64_t a, std::int64_t b) { return a ^ b; });
}

Value eval_bit_not(const Operands& in) {
  const Value operand = in[0];
  const ValueView view = operand.view();
  if (view.nullish()) return Value::null();
  check_integer(in, view);
  if (view.type() == Type::Int32) return Value::int32(~view.as_int32());
  return Value::int64(~view.as_int64());
}

}  // namespace freshet::query
