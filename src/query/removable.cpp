// SPDX-License-Identifier: Apache-2.0
// The states that can give back, and the table that names them.
#include "query/removable.h"

#include <cmath>
#include <deque>
#include <set>

#include "query/accumulator_states.h"
#include "query/expression/number.h"

namespace freshet::query {
namespace {

using bson::Type;
using bson::Value;
using bson::ValueView;

/// A sum of numbers of which each can leave again: what is not finite is counted, not added, and
/// the type is that of the widest number present.
class SlidingSum {
 public:
  void change(ValueView number, bool comes) {
    const std::int64_t step = comes ? 1 : -1;
    count_ += step;
    doubles_ += number.type() == Type::Double ? step : 0;
    longs_ += number.type() == Type::Int64 ? step : 0;
    decimals_ += number.type() == Type::Decimal128 ? step : 0;
    const double size = number.number_as_double();
    if (is_nan(number)) {
      nans_ += step;
    } else if (std::isinf(size) && number.type() != Type::Int64) {
      (size > 0 ? positive_ : negative_) += step;
    } else {
      sum_.add((comes ? Value(number) : negated(number)).view());
    }
  }
  std::int64_t count() const { return count_; }
  Value result() const {
    const Type type = widest();
    if (nans_ > 0 || (positive_ > 0 && negative_ > 0)) return of_type(std::nan(""), type);
    if (positive_ > 0) return of_type(INFINITY, type);
    if (negative_ > 0) return of_type(-INFINITY, type);
    return sum_.result_as(type);
  }
  Value average() const {
    if (count_ == 0) return Value::null();
    const Value sum = result();
    if (sum.type() == Type::Decimal128) {
      return Value::decimal(
          bson::decimal::divide(sum.view().as_decimal(), bson::decimal::from_int64(count_)));
    }
    return Value::number(sum.view().number_as_double() / static_cast<double>(count_));
  }

 private:
  static Value negated(ValueView number) {
    if (number.type() == Type::Double) return Value::number(-number.as_double());
    if (number.type() == Type::Decimal128)
      return Value::decimal(bson::decimal::negate(number.as_decimal()));
    const std::int64_t value = number.number_as_int64();
    // The smallest long has no counterpart of its own type.
    if (value == INT64_MIN) return Value::decimal(bson::decimal::negate(number_as_decimal(number)));
    return Value::int64(-value);
  }
  static Value of_type(double value, Type type) {
    return type == Type::Decimal128 ? Value::decimal(bson::decimal::from_double(value))
                                    : Value::number(value);
  }
  Type widest() const {
    if (decimals_ > 0) return Type::Decimal128;
    if (doubles_ > 0) return Type::Double;
    return longs_ > 0 ? Type::Int64 : Type::Int32;
  }

  NumberSum sum_;
  std::int64_t count_ = 0, longs_ = 0, doubles_ = 0, decimals_ = 0;
  std::int64_t nans_ = 0, positive_ = 0, negative_ = 0;
};

class RemovableSum final : public Removable {
 public:
  explicit RemovableSum(bool average) : average_(average) {}
  void add(const Value& value) override {
    if (value.view().is_number()) sum_.change(value.view(), true);
  }
  void remove(const Value& value) override {
    if (value.view().is_number()) sum_.change(value.view(), false);
  }
  Value result() const override { return average_ ? sum_.average() : sum_.result(); }

 private:
  bool average_;
  SlidingSum sum_;
};

class RemovableDeviation final : public Removable {
 public:
  explicit RemovableDeviation(bool sample) : sample_(sample) {}
  void add(const Value& value) override { change(value, true); }
  void remove(const Value& value) override { change(value, false); }
  Value result() const override {
    const double divisor = sample_ ? count_ - 1 : count_;
    if (special_ > 0 || divisor <= 0) return Value::null();
    return Value::number(std::sqrt(std::max(squares_, 0.0) / divisor));
  }

 private:
  void change(const Value& value, bool comes) {
    if (!value.view().is_number()) return;
    const double number = value.view().number_as_double();
    if (!std::isfinite(number)) {
      special_ += comes ? 1 : -1;
      return;
    }
    if (!comes && count_ == 1) {
      count_ = mean_ = squares_ = 0;
      return;
    }
    const double before = number - mean_;
    count_ += comes ? 1 : -1;
    mean_ += (comes ? before : -before) / count_;
    squares_ += (comes ? 1 : -1) * before * (number - mean_);
  }
  bool sample_;
  int special_ = 0;
  double count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

struct Before {
  const bson::StringOrder* collation;
  bool operator()(const Value& a, const Value& b) const {
    return bson::compare(a.view(), b.view(), collation) < 0;
  }
};

class RemovableExtreme final : public Removable {
 public:
  RemovableExtreme(bool greatest, const bson::StringOrder* collation)
      : greatest_(greatest), values_(Before{collation}) {}
  void add(const Value& value) override {
    if (!value.nullish()) values_.insert(value.owned());
  }
  void remove(const Value& value) override {
    if (value.nullish()) return;
    const auto found = values_.find(value);
    if (found != values_.end()) values_.erase(found);
  }
  Value result() const override {
    if (values_.empty()) return Value::null();
    return greatest_ ? *values_.rbegin() : *values_.begin();
  }

 private:
  bool greatest_;
  std::multiset<Value, Before> values_;
};

class RemovablePush final : public Removable {
 public:
  void add(const Value& value) override {
    if (value.missing()) return;
    values_.push_back(value.owned());
    bytes_ += held_bytes(value);
    check_held("$push", bytes_);
  }
  void remove(const Value& value) override {
    if (value.missing()) return;
    bytes_ -= held_bytes(values_.front());
    values_.pop_front();
  }
  Value result() const override { return array_of(values_); }

 private:
  std::deque<Value> values_;
  std::size_t bytes_ = 0;
};

class RemovableSet final : public Removable {
 public:
  explicit RemovableSet(const bson::StringOrder* collation) : values_(Before{collation}) {}
  void add(const Value& value) override {
    if (value.missing()) return;
    values_.insert(value.owned());
    bytes_ += held_bytes(value);
    check_held("$addToSet", bytes_);
  }
  void remove(const Value& value) override {
    const auto found = values_.find(value);
    if (value.missing() || found == values_.end()) return;
    bytes_ -= held_bytes(*found);
    values_.erase(found);
  }
  Value result() const override {
    bson::Builder out;
    for (auto at = values_.begin(); at != values_.end(); at = values_.upper_bound(*at))
      out.push(at->view());
    return Value::array(out.take());
  }

 private:
  std::multiset<Value, Before> values_;
  std::size_t bytes_ = 0;
};

using Order = const bson::StringOrder*;

struct Row {
  std::string_view name;
  std::unique_ptr<Removable> (*make)(Order);
};

template <typename State, auto... arguments>
std::unique_ptr<Removable> make(Order) {
  return std::make_unique<State>(arguments...);
}
template <typename State, auto... arguments>
std::unique_ptr<Removable> make_ordered(Order order) {
  return std::make_unique<State>(arguments..., order);
}

constexpr Row kRemovable[] = {
    {"$addToSet", make_ordered<RemovableSet>},
    {"$avg", make<RemovableSum, true>},
    {"$count", make<RemovableSum, false>},
    {"$max", make_ordered<RemovableExtreme, true>},
    {"$min", make_ordered<RemovableExtreme, false>},
    {"$push", make<RemovablePush>},
    {"$stdDevPop", make<RemovableDeviation, false>},
    {"$stdDevSamp", make<RemovableDeviation, true>},
    {"$sum", make<RemovableSum, false>},
};

}  // namespace

std::unique_ptr<Removable> make_removable(std::string_view name, Order collation) {
  for (const Row& row : kRemovable) {
    if (row.name == name) return row.make(collation);
  }
  return nullptr;
}

}  // namespace freshet::query
