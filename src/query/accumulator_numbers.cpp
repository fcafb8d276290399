// SPDX-License-Identifier: Apache-2.0
// $sum $avg $count $stdDevPop $stdDevSamp $median $percentile.
#include <algorithm>
#include <cmath>
#include <vector>

#include "query/accumulator_states.h"
#include "query/expression/number.h"

namespace freshet::query {
namespace {

using bson::Value;
using bson::ValueView;
using Arguments = AccumulatorArguments;

class Sum final : public Accumulator {
 public:
  explicit Sum(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (value.view().is_number()) sum_.add(value.view());
  }
  Value result() const override { return sum_.result(); }
  Value partial() const override { return sum_.partial(); }
  void merge(const Value& partial) override { sum_.merge(partial.view().as_document()); }

 private:
  NumberSum sum_;
};

class Average final : public Accumulator {
 public:
  explicit Average(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (!value.view().is_number()) return;
    sum_.add(value.view());
    ++count_;
  }
  Value result() const override {
    if (count_ == 0) return Value::null();
    if (sum_.widest() == bson::Type::Decimal128) {
      return Value::decimal(
          bson::decimal::divide(sum_.as_decimal(), bson::decimal::from_int64(count_)));
    }
    return Value::number(sum_.as_double() / static_cast<double>(count_));
  }
  Value partial() const override {
    bson::Builder out;
    out.add("sum", sum_.partial().view()).add("count", count_);
    return Value::document(out.take());
  }
  void merge(const Value& partial) override {
    const bson::View state = partial.view().as_document();
    sum_.merge(state["sum"].as_document());
    count_ += state["count"].as_int64();
  }

 private:
  NumberSum sum_;
  std::int64_t count_ = 0;
};

/// Welford's running mean and sum of squared distances.
class StandardDeviation final : public Accumulator {
 public:
  explicit StandardDeviation(const Arguments& arguments)
      : sample_(arguments.name == "$stdDevSamp") {}
  void add(const Value& value, std::string_view) override {
    if (!value.view().is_number()) return;
    const double number = value.view().number_as_double();
    ++count_;
    const double delta = number - mean_;
    mean_ += delta / static_cast<double>(count_);
    squares_ += delta * (number - mean_);
    finite_ = finite_ && std::isfinite(number);
  }
  Value result() const override {
    const std::int64_t divisor = sample_ ? count_ - 1 : count_;
    if (divisor <= 0) return Value::null();
    if (!finite_) return Value::number(std::nan(""));
    return Value::number(std::sqrt(squares_ / static_cast<double>(divisor)));
  }
  Value partial() const override {
    bson::Builder out;
    out.add("count", count_).add("mean", mean_).add("squares", squares_).add("finite", finite_);
    return Value::document(out.take());
  }
  void merge(const Value& partial) override {
    const bson::View state = partial.view().as_document();
    const std::int64_t count = state["count"].as_int64();
    finite_ = finite_ && state["finite"].as_bool();
    if (count == 0) return;
    const auto ours = static_cast<double>(count_);
    const auto theirs = static_cast<double>(count);
    const double delta = state["mean"].as_double() - mean_;
    count_ += count;
    mean_ += delta * theirs / (ours + theirs);
    squares_ += state["squares"].as_double() + delta * delta * ours * theirs / (ours + theirs);
  }

 private:
  bool sample_;
  bool finite_ = true;
  std::int64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

class Percentile final : public Accumulator {
 public:
  explicit Percentile(const Arguments& arguments)
      : median_(arguments.name == "$median"), percentiles_(arguments.percentiles) {}
  void add(const Value& value, std::string_view) override {
    if (!value.view().is_number() || is_nan(value.view())) return;
    numbers_.push_back(value.view().number_as_double());
    hold(sizeof(double));
    check_held("$percentile", memory_bytes());
  }
  Value result() const override {
    std::vector<double> sorted = numbers_;
    std::ranges::sort(sorted);
    if (median_) return at(sorted, 0.5);
    bson::Builder out;
    for (const double p : percentiles_)
      out.push(at(sorted, p).view());
    return Value::array(out.take());
  }
  Value partial() const override {
    bson::Builder out;
    for (const double number : numbers_)
      out.push(number);
    return Value::array(out.take());
  }
  void merge(const Value& partial) override { add_each(*this, partial); }

 private:
  static Value at(const std::vector<double>& sorted, double p) {
    if (sorted.empty()) return Value::null();
    const double rank = std::ceil(p * static_cast<double>(sorted.size()));
    const auto index = rank <= 1 ? 0 : static_cast<std::size_t>(rank) - 1;
    return Value::number(sorted[std::min(index, sorted.size() - 1)]);
  }
  bool median_;
  std::vector<double> percentiles_;
  std::vector<double> numbers_;
};

}  // namespace

AccumulatorPtr make_sum(const Arguments& arguments) {
  return std::make_unique<Sum>(arguments);
}

AccumulatorPtr make_average(const Arguments& arguments) {
  return std::make_unique<Average>(arguments);
}

AccumulatorPtr make_standard_deviation(const Arguments& arguments) {
  return std::make_unique<StandardDeviation>(arguments);
}

AccumulatorPtr make_percentile(const Arguments& arguments) {
  return std::make_unique<Percentile>(arguments);
}

}  // namespace freshet::query
