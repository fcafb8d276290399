// SPDX-License-Identifier: Apache-2.0
// $add $subtract $multiply $divide $mod $abs $ceil $floor $round $trunc.
#include <cmath>
#include <limits>

#include "base/error.h"
#include "query/expression/families.h"
#include "query/expression/number.h"

namespace freshet::query {
namespace {

namespace decimal = bson::decimal;

std::string_view alias(ValueView value) {
  return bson::type_alias(value.type());
}

/// Milliseconds of a number that is added to a date; nothing when it cannot be a duration.
bool whole_ms(ValueView number, std::int64_t& out) {
  if (number.type() == Type::Double) {
    const double rounded = std::round(number.as_double());
    if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return false;
    out = static_cast<std::int64_t>(rounded);
    return true;
  }
  if (number.type() == Type::Decimal128) {
    const auto rounded = decimal::to_int64(decimal::round(number.as_decimal(), 0));
    if (!rounded) return false;
    out = *rounded;
    return true;
  }
  out = number.number_as_int64();
  return true;
}

/// What is taken from a date: fractions are dropped.
bool truncated_ms(ValueView number, std::int64_t& out) {
  if (number.type() != Type::Double) return whole_ms(number, out);
  return whole_ms(Value::number(std::trunc(number.as_double())), out);
}

Value date_plus(std::int64_t date, const NumberSum& sum) {
  std::int64_t ms = 0;
  std::int64_t result = 0;
  if (!whole_ms(sum.result(), ms) || __builtin_add_overflow(date, ms, &result)) {
    raise(ErrorCode::Overflow, "date overflow in $add");
  }
  return Value::date(result);
}

Value subtract_from_date(std::int64_t date, ValueView right) {
  if (right.type() == Type::Date) {
    std::int64_t result = 0;
    if (__builtin_sub_overflow(date, right.as_date_ms(), &result)) {
      raise(ErrorCode::Overflow, "overflow when one date is subtracted from another");
    }
    return Value::int64(result);
  }
  if (!right.is_number()) raise(location(16613), "can't $subtract {} from a date", alias(right));
  std::int64_t ms = 0;
  std::int64_t result = 0;
  if (!truncated_ms(right, ms))
    raise(location(159), "the number to $subtract from a date is out of range");
  if (__builtin_sub_overflow(date, ms, &result))
    raise(ErrorCode::Overflow, "date overflow in $subtract");
  return Value::date(result);
}

/// An operand of $ceil & co.: false with `null` set when the result is null.
bool is_null_or_number(const Operands& in, ValueView value) {
  if (value.nullish()) return false;
  if (!value.is_number()) {
    raise(location(28765), "{} only supports numeric types, not {}", in.name(), alias(value));
  }
  return true;
}

template <typename OnDouble, typename OnDecimal>
Value whole(const Operands& in, OnDouble on_double, OnDecimal on_decimal) {
  const Value value = in[0];
  const ValueView view = value.view();
  if (!is_null_or_number(in, view)) return Value::null();
  if (view.type() == Type::Double) return Value::number(on_double(view.as_double()));
  if (view.type() == Type::Decimal128) return Value::decimal(on_decimal(view.as_decimal()));
  return value;
}

constexpr std::int64_t kPlaceMin = -20;
constexpr std::int64_t kPlaceMax = 100;

/// An integer at a negative place: 1250 at -2 is 1200 (half to even) or 1200 (truncated).
Value integer_at_place(std::int64_t value, std::int64_t place, bool round, Type type) {
  std::uint64_t unit = 1;
  for (std::int64_t i = place; i < 0; ++i) {
    if (__builtin_mul_overflow(unit, std::uint64_t{10}, &unit)) return int_or_long(0, type);
  }
  const bool negative = value < 0;
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const std::uint64_t rest = size % unit;
  std::uint64_t result = size - rest;
  if (round && (rest > unit - rest || (rest == unit - rest && (size / unit) % 2 == 1))) {
    if (__builtin_add_overflow(result, unit, &result))
      raise(location(51081), "the rounded value does not fit a long");
  }
  const std::uint64_t limit = std::uint64_t{1} << 63;
  if (result > limit || (result == limit && !negative)) {
    raise(location(51081), "the rounded value does not fit a long");
  }
  return int_or_long(static_cast<std::int64_t>(negative ? 0 - result : result), type);
}

bson::Decimal128 power_of_ten(std::int64_t exponent) {
  return *decimal::from_string("1E" + std::to_string(exponent));
}

Value at_place(const Operands& in, bool round) {
  const Value value = in[0];
  const ValueView view = value.view();
  std::int64_t place = 0;
  if (in.has(1)) {
    const Value place_value = in[1];
    if (place_value.nullish()) return Value::null();
    if (view.nullish()) return Value::null();
    if (!place_value.view().is_number() || !is_integral_int64(place_value)) {
      raise(location(51082), "the place of {} must be an integral number", in.name());
    }
    place = place_value.view().number_as_int64();
    if (place < kPlaceMin || place > kPlaceMax) {
      raise(location(51083), "the place of {} must lie between {} and {}", in.name(), kPlaceMin,
            kPlaceMax);
    }
  }
  if (view.nullish()) return Value::null();
  if (!view.is_number()) {
    raise(location(in.has(1) ? 51081 : 28765), "{} only supports numeric types, not {}", in.name(),
          alias(view));
  }
  const auto places = static_cast<std::int32_t>(place);
  switch (view.type()) {
    case Type::Decimal128: {
      const auto number = view.as_decimal();
      if (decimal::is_nan(number) || decimal::is_infinite(number)) return value;
      if (round) return Value::decimal(decimal::round(number, places));
      if (place == 0) return Value::decimal(decimal::trunc(number));
      return Value::decimal(decimal::divide(
          decimal::trunc(decimal::multiply(number, power_of_ten(place))), power_of_ten(place)));
    }
    case Type::Double: {
      const double number = view.as_double();
      if (!std::isfinite(number)) return value;
      if (place == 0) return Value::number(round ? std::nearbyint(number) : std::trunc(number));
      const auto exact = decimal::from_double(number);
      if (round) return Value::number(decimal::to_double(decimal::round(exact, places)));
      const auto scaled = decimal::multiply(exact, power_of_ten(place));
      return Value::number(
          decimal::to_double(decimal::divide(decimal::trunc(scaled), power_of_ten(place))));
    }
    default:
      if (place >= 0) return value;
      return integer_at_place(view.number_as_int64(), place, round, view.type());
  }
}

}  // namespace

Value eval_add(const Operands& in) {
  NumberSum sum;
  bool has_date = false;
  bool null = false;
  std::int64_t date = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Value operand = in[i];
    const ValueView view = operand.view();
    if (view.is_number()) {
      sum.add(view);
    } else if (view.type() == Type::Date) {
      if (has_date) raise(location(16612), "only one date allowed in an $add expression");
      has_date = true;
      date = view.as_date_ms();
    } else if (view.nullish()) {
      null = true;
      break;
    } else {
      raise(ErrorCode::TypeMismatch, "$add only supports numeric or date types, not {}",
            alias(view));
    }
  }
  if (null) return Value::null();
  return has_date ? date_plus(date, sum) : sum.result();
}

Value eval_subtract(const Operands& in) {
  const Value left = in[0];
  const Value right = in[1];
  const ValueView a = left.view();
  const ValueView b = right.view();
  if (a.nullish() || b.nullish()) return Value::null();
  if (a.type() == Type::Date) return subtract_from_date(a.as_date_ms(), b);
  if (!a.is_number() || !b.is_number()) {
    raise(ErrorCode::TypeMismatch, "can't $subtract {} from {}", alias(b), alias(a));
  }
  const Type type = widest_number(a.type(), b.type());
  if (type == Type::Decimal128) {
    return Value::decimal(decimal::subtract(number_as_decimal(a), number_as_decimal(b)));
  }
  if (type == Type::Double) return Value::number(a.number_as_double() - b.number_as_double());
  std::int64_t result = 0;
  if (__builtin_sub_overflow(a.number_as_int64(), b.number_as_int64(), &result)) {
    return Value::number(a.number_as_double() - b.number_as_double());
  }
  return int_or_long(result, type);
}

Value eval_multiply(const Operands& in) {
  Type type = Type::Int32;
  std::int64_t whole_product = 1;
  bool fits = true;
  double product = 1;
  auto decimal_product = decimal::from_int64(1);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Value operand = in[i];
    const ValueView view = operand.view();
    if (view.nullish()) return Value::null();
    if (!view.is_number())
      raise(ErrorCode::TypeMismatch, "$multiply only supports numeric types, not {}", alias(view));
    const Type before = type;
    type = widest_number(type, view.type());
    if (type == Type::Decimal128) {
      if (before != Type::Decimal128) {
        decimal_product = before == Type::Double || !fits ? decimal::from_double(product)
                                                          : decimal::from_int64(whole_product);
      }
      decimal_product = decimal::multiply(decimal_product, number_as_decimal(view));
      continue;
    }
    product *= view.number_as_double();
    if (type != Type::Double) {
      fits = fits && !__builtin_mul_overflow(whole_product, view.number_as_int64(), &whole_product);
    }
  }
  if (type == Type::Decimal128) return Value::decimal(decimal_product);
  if (type == Type::Double || !fits) return Value::number(product);
  return int_or_long(whole_product, type);
}

Value eval_divide(const Operands& in) {
  const Value left = in[0];
  const Value right = in[1];
  const ValueView a = left.view();
  const ValueView b = right.view();
  if (a.nullish() || b.nullish()) return Value::null();
  if (!a.is_number() || !b.is_number()) {
    raise(ErrorCode::TypeMismatch, "$divide only supports numeric types, not {} and {}", alias(a),
          alias(b));
  }
  if (a.type() == Type::Decimal128 || b.type() == Type::Decimal128) {
    const auto divisor = number_as_decimal(b);
    if (decimal::is_zero(divisor)) raise(ErrorCode::BadValue, "can't $divide by zero");
    return Value::decimal(decimal::divide(number_as_decimal(a), divisor));
  }
  const double divisor = b.number_as_double();
  if (divisor == 0) raise(ErrorCode::BadValue, "can't $divide by zero");
  return Value::number(a.number_as_double() / divisor);
}

Value eval_mod(const Operands& in) {
  const Value left = in[0];
  const Value right = in[1];
  const ValueView a = left.view();
  const ValueView b = right.view();
  if (a.nullish() || b.nullish()) return Value::null();
  if (!a.is_number() || !b.is_number()) {
    raise(location(16611), "$mod only supports numeric types, not {} and {}", alias(a), alias(b));
  }
  if (!b.truthy()) raise(location(16610), "can't $mod by zero");
  const Type type = widest_number(a.type(), b.type());
  if (type == Type::Decimal128) {
    return Value::decimal(decimal::modulo(number_as_decimal(a), number_as_decimal(b)));
  }
  if (type == Type::Double)
    return Value::number(std::fmod(a.number_as_double(), b.number_as_double()));
  const std::int64_t divisor = b.number_as_int64();
  return int_or_long(divisor == -1 ? 0 : a.number_as_int64() % divisor, type);
}

Value eval_abs(const Operands& in) {
  const Value value = in[0];
  const ValueView view = value.view();
  if (!is_null_or_number(in, view)) return Value::null();
  if (view.type() == Type::Double) return Value::number(std::fabs(view.as_double()));
  if (view.type() == Type::Decimal128) return Value::decimal(decimal::abs(view.as_decimal()));
  const std::int64_t number = view.number_as_int64();
  if (number == std::numeric_limits<std::int64_t>::min()) {
    raise(location(28680), "can't take $abs of the smallest long");
  }
  return int_or_long(number < 0 ? -number : number, view.type());
}

Value eval_ceil(const Operands& in) {
  return whole(
      in, [](double d) { return std::ceil(d); },
      [](bson::Decimal128 d) { return decimal::ceil(d); });
}

Value eval_floor(const Operands& in) {
  return whole(
      in, [](double d) { return std::floor(d); },
      [](bson::Decimal128 d) { return decimal::floor(d); });
}

Value eval_round(const Operands& in) {
  return at_place(in, true);
}

Value eval_trunc(const Operands& in) {
  return at_place(in, false);
}

}  // namespace freshet::query
