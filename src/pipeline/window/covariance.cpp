// SPDX-License-Identifier: Apache-2.0
// $covariancePop and $covarianceSamp, with running means that documents can leave again.
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"
#include "pipeline/window/function.h"

namespace freshet::pipeline {
namespace {

using bson::Value;
using Extent = WindowCursor::Extent;

struct Pair {
  query::ExpressionPtr x;
  query::ExpressionPtr y;
  bool sample = false;
  WindowBounds bounds;
};

class Covariance {
 public:
  void add(double x, double y) {
    ++count_;
    const double dx = x - mean_x_;
    mean_x_ += dx / count_;
    mean_y_ += (y - mean_y_) / count_;
    moment_ += dx * (y - mean_y_);
  }
  void remove(double x, double y) {
    if (count_ == 1) {
      *this = {};
      return;
    }
    const double dy = y - mean_y_;
    mean_y_ -= dy / (count_ - 1);
    mean_x_ -= (x - mean_x_) / (count_ - 1);
    moment_ -= dy * (x - mean_x_);
    --count_;
  }
  Value result(bool sample) const {
    const double divisor = sample ? count_ - 1 : count_;
    return divisor <= 0 ? Value::null() : Value::number(moment_ / divisor);
  }

 private:
  double count_ = 0;
  double mean_x_ = 0;
  double mean_y_ = 0;
  double moment_ = 0;
};

class CovarianceRun final : public WindowRun {
 public:
  CovarianceRun(const Pair& pair, Partition& partition)
      : pair_(pair), partition_(partition), cursor_(pair.bounds, partition) {}
  Value at(std::size_t index) override {
    const Extent extent = cursor_.at(index);
    for (; held_.end < extent.end; ++held_.end)
      change(held_.end, true);
    for (; held_.begin < extent.begin && held_.begin < held_.end; ++held_.begin)
      change(held_.begin, false);
    if (held_.begin < extent.begin) held_ = {extent.begin, extent.begin};
    return special_ > 0 ? Value::null() : state_.result(pair_.sample);
  }

 private:
  void change(std::size_t index, bool comes) {
    const Value x = partition_.evaluate(*pair_.x, index);
    const Value y = partition_.evaluate(*pair_.y, index);
    if (!x.view().is_number() || !y.view().is_number()) return;
    const double a = x.view().number_as_double();
    const double b = y.view().number_as_double();
    if (!std::isfinite(a) || !std::isfinite(b)) {
      special_ += comes ? 1 : -1;
      return;
    }
    comes ? state_.add(a, b) : state_.remove(a, b);
  }

  const Pair& pair_;
  Partition& partition_;
  WindowCursor cursor_;
  Extent held_;
  Covariance state_;
  int special_ = 0;  // pairs that are not finite
};

class CovarianceFunction final : public WindowFunction {
 public:
  explicit CovarianceFunction(Pair pair) : pair_(std::move(pair)) {}
  WindowRunPtr start(Partition& partition) const override {
    return std::make_unique<CovarianceRun>(pair_, partition);
  }

 private:
  Pair pair_;
};

}  // namespace

WindowFunctionPtr parse_covariance(const WindowOutput& output) {
  const bson::Element& list = output.function;
  if (!list.is_array() || list.as_document().count() != 2)
    raise(ErrorCode::FailedToParse, "{} needs an array of two expressions", output.name());
  auto element = list.as_document().begin();
  Pair pair;
  pair.x = query::parse_expression(*element, output.scope);
  pair.y = query::parse_expression(*++element, output.scope);
  pair.sample = output.name() == "$covarianceSamp";
  pair.bounds = output.bounds();
  return std::make_unique<CovarianceFunction>(std::move(pair));
}

}  // namespace freshet::pipeline
