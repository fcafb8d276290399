// SPDX-License-Identifier: Apache-2.0
// The states of all accumulators and the table that names them.
#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "query/accumulator.h"
#include "query/expression/number.h"

namespace freshet::query {
namespace {

using bson::Value;
using bson::ValueView;
using Arguments = AccumulatorArguments;

constexpr std::size_t kValueBytes = sizeof(Value);

std::size_t bytes_of(const Value& value) {
  return kValueBytes + value.view().raw().size();
}

/// What one $push or $addToSet may hold.
constexpr std::size_t kHeldBytesMax = std::size_t{100} << 20;

void check_held(std::string_view name, std::size_t bytes) {
  if (bytes > kHeldBytesMax) {
    raise(ErrorCode::ExceededMemoryLimit,
          "{} used too much memory and cannot spill to disk. Memory limit: {} bytes", name,
          kHeldBytesMax);
  }
}

Value or_null(const Value& value) {
  return value.missing() ? Value::null() : value;
}

template <typename Range>
Value array_of(const Range& values) {
  bson::Builder out;
  for (const auto& value : values)
    out.push(or_null(value).view());
  return Value::array(out.take());
}

class Sum final : public Accumulator {
 public:
  explicit Sum(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (value.view().is_number()) sum_.add(value.view());
  }
  Value result() const override { return sum_.result(); }

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

 private:
  NumberSum sum_;
  std::int64_t count_ = 0;
};

class Extreme final : public Accumulator {
 public:
  explicit Extreme(const Arguments& arguments)
      : greatest_(arguments.name == "$max"), collation_(arguments.collation) {}
  void add(const Value& value, std::string_view) override {
    if (value.nullish()) return;
    if (!best_.missing()) {
      const int order = bson::compare(value.view(), best_.view(), collation_);
      if (greatest_ ? order <= 0 : order >= 0) return;
      release(bytes_of(best_));
    }
    best_ = value.owned();
    hold(bytes_of(best_));
  }
  Value result() const override { return or_null(best_); }

 private:
  bool greatest_;
  const bson::StringOrder* collation_;
  Value best_;
};

class First final : public Accumulator {
 public:
  explicit First(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (seen_) return;
    seen_ = true;
    value_ = value.owned();
    hold(bytes_of(value_));
  }
  Value result() const override { return or_null(value_); }

 private:
  bool seen_ = false;
  Value value_;
};

class Last final : public Accumulator {
 public:
  explicit Last(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    release(bytes_of(value_));
    value_ = value.owned();
    hold(bytes_of(value_));
  }
  Value result() const override { return or_null(value_); }

 private:
  Value value_;
};

class Push final : public Accumulator {
 public:
  explicit Push(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (value.missing()) return;
    values_.push_back(value.owned());
    hold(bytes_of(values_.back()));
    check_held("$push", memory_bytes());
  }
  Value result() const override { return array_of(values_); }

 private:
  std::vector<Value> values_;
};

struct ValueHash {
  const bson::StringOrder* collation;
  std::size_t operator()(const Value& value) const { return bson::hash(value.view(), collation); }
};
struct ValueEqual {
  const bson::StringOrder* collation;
  bool operator()(const Value& a, const Value& b) const {
    return bson::equal(a.view(), b.view(), collation);
  }
};

class AddToSet final : public Accumulator {
 public:
  explicit AddToSet(const Arguments& arguments)
      : name_(arguments.name),
        values_(8, ValueHash{arguments.collation}, ValueEqual{arguments.collation}) {}
  void add(const Value& value, std::string_view) override {
    if (value.missing()) return;
    if (name_ == "$addToSet") {
      add_one(value);
      return;
    }
    if (value.nullish()) return;
    if (!value.view().is_array()) {
      raise(ErrorCode::TypeMismatch, "{} needs arrays, found {}", name_,
            bson::type_alias(value.type()));
    }
    for (const auto& element : value.view().as_document())
      add_one(Value(element.value()));
  }
  Value result() const override { return array_of(values_); }

 private:
  void add_one(const Value& value) {
    if (values_.contains(value)) return;
    values_.insert(value.owned());
    hold(bytes_of(value) + 16);
    check_held(name_, memory_bytes());
  }
  std::string_view name_;
  std::unordered_set<Value, ValueHash, ValueEqual> values_;
};

class ConcatArrays final : public Accumulator {
 public:
  explicit ConcatArrays(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (value.nullish()) return;
    if (!value.view().is_array()) {
      raise(ErrorCode::TypeMismatch, "$concatArrays needs arrays, found {}",
            bson::type_alias(value.type()));
    }
    for (const auto& element : value.view().as_document()) {
      values_.push_back(Value::copy(element.value()));
      hold(bytes_of(values_.back()));
    }
    check_held("$concatArrays", memory_bytes());
  }
  Value result() const override { return array_of(values_); }

 private:
  std::vector<Value> values_;
};

class MergeObjects final : public Accumulator {
 public:
  explicit MergeObjects(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (value.nullish()) return;
    if (!value.view().is_document()) {
      raise(location(40400), "$mergeObjects requires object inputs, but got {}",
            bson::type_alias(value.type()));
    }
    for (const auto& element : value.view().as_document())
      set(element.name(), element.value());
  }
  Value result() const override {
    bson::Builder out;
    for (const auto& [name, value] : fields_)
      out.add(name, value.view());
    return Value::document(out.take());
  }

 private:
  void set(std::string_view name, ValueView value) {
    const auto found =
        std::ranges::find(fields_, name, [](const auto& field) { return field.first; });
    if (found == fields_.end()) {
      fields_.emplace_back(std::string(name), Value::copy(value));
      hold(name.size() + sizeof(std::string) + bytes_of(fields_.back().second));
    } else {
      release(bytes_of(found->second));
      found->second = Value::copy(value);
      hold(bytes_of(found->second));
    }
  }
  std::vector<std::pair<std::string, Value>> fields_;
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

 private:
  bool sample_;
  bool finite_ = true;
  std::int64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

class FirstLastN final : public Accumulator {
 public:
  explicit FirstLastN(const Arguments& arguments)
      : last_(arguments.name == "$lastN"), n_(arguments.n) {}
  void add(const Value& value, std::string_view) override {
    if (values_.size() == n_) {
      if (!last_) return;
      release(bytes_of(values_.front()));
      values_.pop_front();
    }
    values_.push_back(value.owned());
    hold(bytes_of(values_.back()));
    check_held(last_ ? "$lastN" : "$firstN", memory_bytes());
  }
  Value result() const override { return array_of(values_); }

 private:
  bool last_;
  std::size_t n_;
  std::deque<Value> values_;
};

class ExtremeN final : public Accumulator {
 public:
  explicit ExtremeN(const Arguments& arguments)
      : n_(arguments.n), values_(Before{arguments.name == "$maxN", arguments.collation}) {}
  void add(const Value& value, std::string_view) override {
    if (value.nullish()) return;
    if (values_.size() == n_ && !values_.key_comp()(value, *values_.rbegin())) return;
    values_.insert(value.owned());
    hold(bytes_of(value) + 32);
    if (values_.size() > n_) {
      const auto worst = std::prev(values_.end());
      release(bytes_of(*worst) + 32);
      values_.erase(worst);
    }
    check_held("$maxN/$minN", memory_bytes());
  }
  Value result() const override { return array_of(values_); }

 private:
  struct Before {
    bool greatest;
    const bson::StringOrder* collation;
    bool operator()(const Value& a, const Value& b) const {
      const int order = bson::compare(a.view(), b.view(), collation);
      return greatest ? order > 0 : order < 0;
    }
  };
  std::size_t n_;
  std::multiset<Value, Before> values_;
};

/// $top $topN $bottom $bottomN: the outputs whose sort keys come first or last.
class Top final : public Accumulator {
 public:
  explicit Top(const Arguments& arguments)
      : bottom_(arguments.name.starts_with("$bottom")),
        many_(arguments.name.ends_with("N")),
        n_(arguments.n) {}
  void add(const Value& value, std::string_view sort_key) override {
    Entry entry{std::string(sort_key), sequence_++};
    if (entries_.size() == n_) {
      // Of equal keys the ones seen first count as first.
      const auto worst = bottom_ ? entries_.begin() : std::prev(entries_.end());
      const bool better = bottom_ ? entry.key >= worst->first.key : entry.key < worst->first.key;
      if (!better) return;
      release(bytes_of(worst->second) + worst->first.key.size() + 64);
      entries_.erase(worst);
    }
    hold(bytes_of(value) + entry.key.size() + 64);
    entries_.emplace(std::move(entry), value.owned());
    check_held("$top/$bottom", memory_bytes());
  }
  Value result() const override {
    if (!many_) return entries_.empty() ? Value::null() : or_null(entries_.begin()->second);
    bson::Builder out;
    for (const auto& [entry, value] : entries_)
      out.push(or_null(value).view());
    return Value::array(out.take());
  }

 private:
  struct Entry {
    std::string key;
    std::uint64_t sequence;
    auto operator<=>(const Entry&) const = default;
  };
  bool bottom_;
  bool many_;
  std::size_t n_;
  std::uint64_t sequence_ = 0;
  std::map<Entry, Value> entries_;
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

template <typename State>
std::unique_ptr<Accumulator> make(const Arguments& arguments) {
  return std::make_unique<State>(arguments);
}

using Form = AccumulatorRow::Form;

constexpr AccumulatorRow kAccumulators[] = {
    {"$sum", Form::Plain, make<Sum>},
    {"$avg", Form::Plain, make<Average>},
    {"$min", Form::Plain, make<Extreme>},
    {"$max", Form::Plain, make<Extreme>},
    {"$first", Form::Plain, make<First>},
    {"$last", Form::Plain, make<Last>},
    {"$push", Form::Plain, make<Push>},
    {"$addToSet", Form::Plain, make<AddToSet>},
    {"$setUnion", Form::Plain, make<AddToSet>},
    {"$concatArrays", Form::Plain, make<ConcatArrays>},
    {"$mergeObjects", Form::Plain, make<MergeObjects>},
    {"$stdDevPop", Form::Plain, make<StandardDeviation>},
    {"$stdDevSamp", Form::Plain, make<StandardDeviation>},
    {"$count", Form::Count, make<Sum>},
    {"$firstN", Form::InputN, make<FirstLastN>},
    {"$lastN", Form::InputN, make<FirstLastN>},
    {"$maxN", Form::InputN, make<ExtremeN>},
    {"$minN", Form::InputN, make<ExtremeN>},
    {"$top", Form::Top, make<Top>},
    {"$bottom", Form::Top, make<Top>},
    {"$topN", Form::TopN, make<Top>},
    {"$bottomN", Form::TopN, make<Top>},
    {"$median", Form::Percentile, make<Percentile>},
    {"$percentile", Form::Percentile, make<Percentile>},
    {"$accumulator", Form::JavaScript, nullptr},
};

}  // namespace

const AccumulatorRow* find_accumulator(std::string_view name) {
  const auto* found = std::ranges::find(kAccumulators, name, &AccumulatorRow::name);
  return found == std::end(kAccumulators) ? nullptr : found;
}

}  // namespace freshet::query
