// SPDX-License-Identifier: Apache-2.0
// $sin … $atanh, $degreesToRadians, $radiansToDegrees, $atan2. Decimals are worked out as doubles.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "query/expression/families.h"
#include "query/expression/number.h"

namespace freshet::query {
namespace {

namespace decimal = bson::decimal;

struct Function {
  std::string_view name;
  double (*apply)(double);
  double low;  ///< inclusive bounds of the argument
  double high;
  bool finite = false;  ///< infinities are refused too
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr Function kFunctions[] = {
    {"$sin", [](double d) { return std::sin(d); }, -kInfinity, kInfinity, true},
    {"$cos", [](double d) { return std::cos(d); }, -kInfinity, kInfinity, true},
    {"$tan", [](double d) { return std::tan(d); }, -kInfinity, kInfinity, true},
    {"$asin", [](double d) { return std::asin(d); }, -1, 1},
    {"$acos", [](double d) { return std::acos(d); }, -1, 1},
    {"$atan", [](double d) { return std::atan(d); }, -kInfinity, kInfinity},
    {"$sinh", [](double d) { return std::sinh(d); }, -kInfinity, kInfinity},
    {"$cosh", [](double d) { return std::cosh(d); }, -kInfinity, kInfinity},
    {"$tanh", [](double d) { return std::tanh(d); }, -kInfinity, kInfinity},
    {"$asinh", [](double d) { return std::asinh(d); }, -kInfinity, kInfinity},
    {"$acosh", [](double d) { return std::acosh(d); }, 1, kInfinity},
    {"$atanh", [](double d) { return std::atanh(d); }, -1, 1},
    {"$degreesToRadians", [](double d) { return d * (std::numbers::pi / 180); }, -kInfinity,
     kInfinity},
    {"$radiansToDegrees", [](double d) { return d * (180 / std::numbers::pi); }, -kInfinity,
     kInfinity},
};

Value result(double number, bool as_decimal) {
  return as_decimal ? Value::decimal(decimal::from_double_exact(number)) : Value::number(number);
}

}  // namespace

Value eval_trigonometry(const Operands& in) {
  const Value value = in[0];
  const ValueView view = value.view();
  if (view.nullish()) return Value::null();
  if (!view.is_number()) {
    raise(location(28765), "{} only supports numeric types, not {}", in.name(),
          bson::type_alias(view.type()));
  }
  const auto* function = std::ranges::find(kFunctions, in.name(), &Function::name);
  const double number = view.number_as_double();
  const bool refused =
      number < function->low || number > function->high || (function->finite && std::isinf(number));
  if (refused) raise(location(50989), "cannot apply {} to {}", in.name(), number);
  return result(function->apply(number), view.type() == Type::Decimal128);
}

Value eval_atan2(const Operands& in) {
  const Value y = in[0];
  const Value x = in[1];
  if (y.nullish() || x.nullish()) return Value::null();
  if (!y.view().is_number()) {
    raise(location(51044), "$atan2 only supports numeric types, not {}",
          bson::type_alias(y.type()));
  }
  if (!x.view().is_number()) {
    raise(location(51045), "$atan2 only supports numeric types, not {}",
          bson::type_alias(x.type()));
  }
  return result(std::atan2(y.view().number_as_double(), x.view().number_as_double()),
                widest_number(y.type(), x.type()) == Type::Decimal128);
}

}  // namespace freshet::query
