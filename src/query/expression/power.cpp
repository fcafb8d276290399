// SPDX-License-Identifier: Apache-2.0
// $pow $sqrt $exp $ln $log $log10.
#include <cmath>

#include "base/error.h"
#include "query/expression/families.h"
#include "query/expression/number.h"

namespace freshet::query {
namespace {

namespace decimal = bson::decimal;

std::string_view alias(ValueView value) {
  return bson::type_alias(value.type());
}

bool is_positive(ValueView number) {
  if (number.type() == Type::Decimal128) {
    const auto value = number.as_decimal();
    return decimal::is_nan(value) || (!decimal::is_zero(value) && !decimal::is_negative(value));
  }
  const double value = number.number_as_double();
  return std::isnan(value) || value > 0;
}

bool is_negative(ValueView number) {
  if (number.type() != Type::Decimal128) return number.number_as_double() < 0;
  const auto value = number.as_decimal();
  return !decimal::is_nan(value) && !decimal::is_zero(value) && decimal::is_negative(value);
}

/// A function of one number: null stays null, integers become doubles.
template <typename Check, typename OnDouble, typename OnDecimal>
Value function(const Operands& in, Check check, OnDouble on_double, OnDecimal on_decimal) {
  const Value value = in[0];
  const ValueView view = value.view();
  if (view.nullish()) return Value::null();
  if (!view.is_number()) {
    raise(location(28765), "{} only supports numeric types, not {}", in.name(), alias(view));
  }
  check(view);
  if (view.type() == Type::Decimal128) return Value::decimal(on_decimal(view.as_decimal()));
  return Value::number(on_double(view.number_as_double()));
}

/// Whole numbers; false when the result does not fit a long.
bool power(std::int64_t base, std::int64_t exponent, std::int64_t& result) {
  result = 1;
  if (exponent == 0 || base == 1) return true;
  if (base == 0) {
    result = 0;
    return true;
  }
  if (base == -1) {
    result = exponent % 2 == 0 ? 1 : -1;
    return true;
  }
  if (exponent < 0 || exponent > 63) return false;
  for (std::int64_t i = 0; i < exponent; ++i) {
    if (__builtin_mul_overflow(result, base, &result)) return false;
  }
  return true;
}

}  // namespace

Value eval_pow(const Operands& in) {
  const Value left = in[0];
  const Value right = in[1];
  const ValueView base = left.view();
  const ValueView exponent = right.view();
  if (base.nullish() || exponent.nullish()) return Value::null();
  if (!base.is_number()) raise(location(28762), "$pow's base must be numeric, not {}", alias(base));
  if (!exponent.is_number())
    raise(location(28763), "$pow's exponent must be numeric, not {}", alias(exponent));
  if (!base.truthy() && is_negative(exponent)) {
    raise(location(28764), "$pow cannot take a base of 0 and a negative exponent");
  }
  const Type type = widest_number(base.type(), exponent.type());
  if (type == Type::Decimal128) {
    return Value::decimal(decimal::pow(number_as_decimal(base), number_as_decimal(exponent)));
  }
  std::int64_t result = 0;
  if (type == Type::Double || !power(base.number_as_int64(), exponent.number_as_int64(), result)) {
    return Value::number(std::pow(base.number_as_double(), exponent.number_as_double()));
  }
  return int_or_long(result, type);
}

Value eval_sqrt(const Operands& in) {
  return function(
      in,
      [](ValueView value) {
        if (is_negative(value))
          raise(location(28714), "$sqrt's argument must be greater than or equal to 0");
      },
      [](double d) { return std::sqrt(d); }, [](bson::Decimal128 d) { return decimal::sqrt(d); });
}

Value eval_exp(const Operands& in) {
  return function(
      in, [](ValueView) {}, [](double d) { return std::exp(d); },
      [](bson::Decimal128 d) { return decimal::exp(d); });
}

Value eval_ln(const Operands& in) {
  return function(
      in,
      [](ValueView value) {
        if (!is_positive(value)) raise(location(28766), "$ln's argument must be a positive number");
      },
      [](double d) { return std::log(d); }, [](bson::Decimal128 d) { return decimal::ln(d); });
}

Value eval_log10(const Operands& in) {
  return function(
      in,
      [](ValueView value) {
        if (!is_positive(value))
          raise(location(28761), "$log10's argument must be a positive number");
      },
      [](double d) { return std::log10(d); }, [](bson::Decimal128 d) { return decimal::log10(d); });
}

Value eval_log(const Operands& in) {
  const Value left = in[0];
  const Value right = in[1];
  const ValueView number = left.view();
  const ValueView base = right.view();
  if (number.nullish() || base.nullish()) return Value::null();
  if (!number.is_number())
    raise(location(28756), "$log's argument must be numeric, not {}", alias(number));
  if (!base.is_number()) raise(location(28757), "$log's base must be numeric, not {}", alias(base));
  if (!is_positive(number)) raise(location(28758), "$log's argument must be a positive number");
  const double base_double = base.number_as_double();
  if (!(is_positive(base) && base_double != 1)) {
    raise(location(28759), "$log's base must be a positive number not equal to 1");
  }
  const bool decimals = number.type() == Type::Decimal128 || base.type() == Type::Decimal128;
  if (is_nan(number) || is_nan(base)) return Value::number(std::nan(""));
  if (decimals) {
    const auto quotient = decimal::divide(decimal::ln(number_as_decimal(number)),
                                          decimal::ln(number_as_decimal(base)));
    return Value::decimal(quotient);
  }
  return Value::number(std::log(number.number_as_double()) / std::log(base_double));
}

}  // namespace freshet::query
