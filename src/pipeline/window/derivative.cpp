// SPDX-License-Identifier: Apache-2.0
// $derivative: the slope between the ends of the window. $integral: the area under it, trapezoid by
// trapezoid.
#include <optional>

#include "base/error.h"
#include "pipeline/window/function.h"
#include "query/expression/number.h"

namespace freshet::pipeline {
namespace {

using bson::Value;
using query::DateUnit;
using Extent = WindowCursor::Extent;

/// {input, unit} over a window; x is the sort value.
struct Series {
  std::string name;
  query::ExpressionPtr input;
  std::optional<double> unit_ms;  ///< x is a date, and this long is one
  WindowBounds bounds;
};

struct Point {
  double x;
  Value y;
};

/// Nothing when y is null or missing. Throws when it is no number.
std::optional<Point> point_at(const Series& series, Partition& partition, std::size_t index) {
  const double x = sort_number(partition, index, series.name, series.unit_ms.has_value());
  Value y = partition.evaluate(*series.input, index);
  if (y.nullish()) return std::nullopt;
  if (!y.view().is_number()) {
    raise(location(5429408), "{} (with no 'unit') expects input to evaluate to a number, found {}",
          series.name, bson::type_alias(y.type()));
  }
  return Point{x, std::move(y)};
}

/// `amount` as a double, or as a decimal when one took part.
Value of_width(double amount, bool is_decimal) {
  return is_decimal ? Value::decimal(bson::decimal::from_double(amount)) : Value::number(amount);
}

bool is_decimal(const Point& point) {
  return point.y.type() == bson::Type::Decimal128;
}

class DerivativeRun final : public WindowRun {
 public:
  DerivativeRun(const Series& series, Partition& partition)
      : series_(series), partition_(partition), cursor_(series.bounds, partition) {}
  Value at(std::size_t index) override {
    const Extent extent = cursor_.at(index);
    if (extent.end - extent.begin < 2) return Value::null();
    const auto first = point_at(series_, partition_, extent.begin);
    const auto last = point_at(series_, partition_, extent.end - 1);
    if (!first || !last || first->x == last->x) return Value::null();
    const double width = (last->x - first->x) / series_.unit_ms.value_or(1);
    if (is_decimal(*first) || is_decimal(*last)) {
      namespace decimal = bson::decimal;
      return Value::decimal(decimal::divide(
          decimal::subtract(query::number_as_decimal(last->y), query::number_as_decimal(first->y)),
          decimal::from_double(width)));
    }
    return Value::number((last->y.view().number_as_double() - first->y.view().number_as_double()) /
                         width);
  }

 private:
  const Series& series_;
  Partition& partition_;
  WindowCursor cursor_;
};

/// The sum of the trapezoids between neighbours in the window: one is added for each document that
/// comes in, one taken away for each that goes.
class IntegralRun final : public WindowRun {
 public:
  IntegralRun(const Series& series, Partition& partition)
      : series_(series), partition_(partition), cursor_(series.bounds, partition) {}
  Value at(std::size_t index) override {
    const Extent extent = cursor_.at(index);
    if (extent.begin >= held_.end) restart(extent.begin);
    for (; held_.end < extent.end; ++held_.end) {
      if (held_.end > held_.begin) add(held_.end, 1);
    }
    for (; held_.begin < extent.begin; ++held_.begin)
      add(held_.begin + 1, -1);
    if (extent.begin == extent.end || nulls_ > 0) return Value::null();
    return of_width(sum_.as_double(), decimals_ > 0);
  }

 private:
  void restart(std::size_t at) {
    held_ = {at, at};
    sum_ = {};
    nulls_ = 0;
    decimals_ = 0;
  }

  /// The trapezoid between documents i - 1 and i.
  void add(std::size_t i, int sign) {
    const auto left = point_at(series_, partition_, i - 1);
    const auto right = point_at(series_, partition_, i);
    if (!left || !right) {
      nulls_ += sign;
      return;
    }
    decimals_ += is_decimal(*left) || is_decimal(*right) ? sign : 0;
    const double width = (right->x - left->x) / series_.unit_ms.value_or(1);
    const double area =
        (left->y.view().number_as_double() + right->y.view().number_as_double()) / 2 * width;
    sum_.add(Value::number(sign * area).view());
  }

  const Series& series_;
  Partition& partition_;
  WindowCursor cursor_;
  Extent held_;
  query::NumberSum sum_;
  int nulls_ = 0;     // trapezoids without a value
  int decimals_ = 0;  // with a decimal
};

template <typename Run>
class SeriesFunction final : public WindowFunction {
 public:
  explicit SeriesFunction(Series series) : series_(std::move(series)) {}
  WindowRunPtr start(Partition& partition) const override {
    return std::make_unique<Run>(series_, partition);
  }

 private:
  Series series_;
};

double unit_length(bson::Element element, std::string_view function) {
  constexpr double kSecond = 1000;
  switch (query::date_unit(element, function)) {
    case DateUnit::Week:
      return 7 * 24 * 3600 * kSecond;
    case DateUnit::Day:
      return 24 * 3600 * kSecond;
    case DateUnit::Hour:
      return 3600 * kSecond;
    case DateUnit::Minute:
      return 60 * kSecond;
    case DateUnit::Second:
      return kSecond;
    case DateUnit::Millisecond:
      return 1;
    default:
      raise(location(5490704), "unit must be 'week' or smaller");
  }
}

Series read_series(const WindowOutput& output) {
  output.require_sort(1, 1);
  if (!output.function.is_document())
    raise(ErrorCode::FailedToParse, "{} must have an object argument", output.name());
  Series out;
  out.name = output.name();
  for (const bson::Element& element : output.function.as_document()) {
    if (element.name() == "input") {
      out.input = query::parse_expression(element, output.scope);
    } else if (element.name() == "unit") {
      out.unit_ms = unit_length(element, output.name());
    } else {
      raise(ErrorCode::FailedToParse, "{} got unexpected argument: {}", output.name(),
            element.name());
    }
  }
  if (out.input == nullptr)
    raise(ErrorCode::FailedToParse, "{} requires an 'input' expression", output.name());
  out.bounds = output.bounds();
  return out;
}

}  // namespace

WindowFunctionPtr parse_derivative(const WindowOutput& output) {
  if (!output.window)
    raise(ErrorCode::FailedToParse, "$derivative requires explicit window bounds");
  return std::make_unique<SeriesFunction<DerivativeRun>>(read_series(output));
}

WindowFunctionPtr parse_integral(const WindowOutput& output) {
  return std::make_unique<SeriesFunction<IntegralRun>>(read_series(output));
}

}  // namespace freshet::pipeline
