// SPDX-License-Identifier: Apache-2.0
// $linearFill and $locf: values for documents that have none.
#include <limits>
#include <optional>
#include <utility>

#include "base/error.h"
#include "bson/decimal.h"
#include "pipeline/window/function.h"
#include "query/expression/number.h"

namespace freshet::pipeline {
namespace {

using bson::Value;

class LocfRun final : public WindowRun {
 public:
  LocfRun(const query::Expression& input, Partition& partition)
      : input_(input), partition_(partition) {}
  Value at(std::size_t index) override {
    Value value = partition_.evaluate(input_, index);
    if (!value.nullish()) last_ = std::move(value);
    return last_;
  }

 private:
  const query::Expression& input_;
  Partition& partition_;
  Value last_ = Value::null();
};

class LinearFillRun final : public WindowRun {
 public:
  LinearFillRun(const query::Expression& input, Partition& partition)
      : input_(input), partition_(partition) {}
  Value at(std::size_t index) override {
    const double x = x_of(index);
    if (index > 0 && x == last_x_)
      raise(location(6050106), "There can be no repeated values in the sort field");
    last_x_ = x;
    Value y = y_of(index);
    if (!y.nullish()) {
      left_ = Known{index, x, y};
      return y;
    }
    if (!left_) return Value::null();
    if (!right_ || right_->index < index) find_right(index);
    return right_ ? between(x) : Value::null();
  }

 private:
  struct Known {
    std::size_t index;
    double x;
    Value y;
  };

  double x_of(std::size_t index) {
    const bool date = partition_.sort_value(index).type() == bson::Type::Date;
    return sort_number(partition_, index, "$linearFill", date);
  }
  Value y_of(std::size_t index) {
    Value y = partition_.evaluate(input_, index);
    if (!y.nullish() && !y.view().is_number()) {
      raise(ErrorCode::TypeMismatch, "Value to be filled must be numeric or nullish, found {}",
            bson::type_alias(y.type()));
    }
    return y;
  }
  void find_right(std::size_t index) {
    if (none_right_) return;
    right_.reset();
    for (std::size_t i = index + 1; i < partition_.size(); ++i) {
      Value y = y_of(i);
      if (y.nullish()) continue;
      right_ = Known{i, x_of(i), std::move(y)};
      return;
    }
    none_right_ = true;
  }
  Value between(double x) const {
    const double share = (x - left_->x) / (right_->x - left_->x);
    const Value& a = left_->y;
    const Value& b = right_->y;
    if (a.type() == bson::Type::Decimal128 || b.type() == bson::Type::Decimal128) {
      namespace decimal = bson::decimal;
      const bson::Decimal128 from = query::number_as_decimal(a);
      const bson::Decimal128 way = decimal::subtract(query::number_as_decimal(b), from);
      return Value::decimal(
          decimal::add(from, decimal::multiply(way, decimal::from_double(share))));
    }
    const double from = a.view().number_as_double();
    return Value::number(from + (b.view().number_as_double() - from) * share);
  }

  const query::Expression& input_;
  Partition& partition_;
  std::optional<Known> left_;
  std::optional<Known> right_;
  bool none_right_ = false;
  double last_x_ = 0;
};

template <typename Run>
class FillFunction final : public WindowFunction {
 public:
  explicit FillFunction(query::ExpressionPtr input) : input_(std::move(input)) {}
  WindowRunPtr start(Partition& partition) const override {
    return std::make_unique<Run>(*input_, partition);
  }

 private:
  query::ExpressionPtr input_;
};

}  // namespace

WindowFunctionPtr parse_linear_fill(const WindowOutput& output) {
  output.refuse_window();
  if (output.sort_fields() != 1) {
    raise(location(605001),
          "$linearFill must be specified with a top level sortBy expression with "
          "exactly one element");
  }
  return std::make_unique<FillFunction<LinearFillRun>>(
      query::parse_expression(output.function, output.scope));
}

WindowFunctionPtr parse_locf(const WindowOutput& output) {
  output.refuse_window();
  return std::make_unique<FillFunction<LocfRun>>(
      query::parse_expression(output.function, output.scope));
}

}  // namespace freshet::pipeline
