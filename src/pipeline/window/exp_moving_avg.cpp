// SPDX-License-Identifier: Apache-2.0
// $expMovingAvg: each value weighs more than all before it together, by N or alpha.
#include <limits>

#include "base/error.h"
#include "bson/decimal.h"
#include "pipeline/window/function.h"
#include "query/expression/integral.h"
#include "query/expression/number.h"

namespace freshet::pipeline {
namespace {

using bson::Value;
namespace decimal = bson::decimal;

struct MovingAverage {
  query::ExpressionPtr input;
  double alpha = 0;
  bson::Decimal128 alpha_decimal = decimal::from_int64(0);
};

class MovingAverageRun final : public WindowRun {
 public:
  MovingAverageRun(const MovingAverage& options, Partition& partition)
      : options_(options), partition_(partition) {}
  Value at(std::size_t index) override {
    const Value input = partition_.evaluate(*options_.input, index);
    if (!input.view().is_number()) return Value::null();
    if (current_.missing()) {
      current_ = input.type() == bson::Type::Decimal128
                     ? input
                     : Value::number(input.view().number_as_double());
    } else if (input.type() == bson::Type::Decimal128 ||
               current_.type() == bson::Type::Decimal128) {
      const bson::Decimal128 alpha = options_.alpha_decimal;
      const bson::Decimal128 rest = decimal::subtract(decimal::from_int64(1), alpha);
      current_ =
          Value::decimal(decimal::add(decimal::multiply(query::number_as_decimal(input), alpha),
                                      decimal::multiply(query::number_as_decimal(current_), rest)));
    } else {
      current_ = Value::number(input.view().number_as_double() * options_.alpha +
                               current_.view().as_double() * (1 - options_.alpha));
    }
    return current_;
  }

 private:
  const MovingAverage& options_;
  Partition& partition_;
  Value current_;
};

class MovingAverageFunction final : public WindowFunction {
 public:
  explicit MovingAverageFunction(MovingAverage options) : options_(std::move(options)) {}
  WindowRunPtr start(Partition& partition) const override {
    return std::make_unique<MovingAverageRun>(options_, partition);
  }

 private:
  MovingAverage options_;
};

void read_n(bson::Element element, MovingAverage& out) {
  if (!query::is_integral_int64(element) || element.number_as_int64() <= 0) {
    raise(ErrorCode::FailedToParse, "'N' field must be an integer greater than zero");
  }
  const std::int64_t n = element.number_as_int64();
  out.alpha = 2.0 / (static_cast<double>(n) + 1);
  out.alpha_decimal = decimal::divide(decimal::from_int64(2),
                                      decimal::add(decimal::from_int64(n), decimal::from_int64(1)));
}

void read_alpha(bson::Element element, MovingAverage& out) {
  const double alpha = element.is_number() ? element.number_as_double() : 0;
  if (!(alpha > 0 && alpha < 1)) {
    raise(ErrorCode::FailedToParse, "'alpha' must be between 0 and 1 (exclusive)");
  }
  out.alpha = alpha;
  out.alpha_decimal = query::number_as_decimal(element);
}

}  // namespace

WindowFunctionPtr parse_exp_moving_avg(const WindowOutput& output) {
  output.refuse_window();
  output.require_sort(1, std::numeric_limits<std::size_t>::max());
  if (!output.function.is_document())
    raise(ErrorCode::FailedToParse,
          "$expMovingAvg must have exactly one argument that is an object");
  MovingAverage options;
  std::size_t weights = 0;
  for (const bson::Element& element : output.function.as_document()) {
    if (element.name() == "input") {
      options.input = query::parse_expression(element, output.scope);
    } else if (element.name() == "N") {
      read_n(element, options);
      ++weights;
    } else if (element.name() == "alpha") {
      read_alpha(element, options);
      ++weights;
    } else {
      raise(ErrorCode::FailedToParse, "Got unrecognized field in $expMovingAvg: {}",
            element.name());
    }
  }
  if (options.input == nullptr || weights != 1) {
    raise(ErrorCode::FailedToParse,
          "$expMovingAvg sub object must have exactly two fields: an 'input' field, and either an "
          "'N' field or an 'alpha' field");
  }
  return std::make_unique<MovingAverageFunction>(std::move(options));
}

}  // namespace freshet::pipeline
