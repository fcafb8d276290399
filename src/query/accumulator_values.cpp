// SPDX-License-Identifier: Apache-2.0
// Accumulators that choose among their inputs: $min $max $first $last, their N forms, $top & co.
#include <deque>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "bson/compare.h"
#include "query/accumulator_states.h"

namespace freshet::query {
namespace {

using bson::Value;
using bson::ValueView;
using Arguments = AccumulatorArguments;

class Extreme final : public Accumulator {
 public:
  explicit Extreme(const Arguments& arguments)
      : greatest_(arguments.name == "$max"), collation_(arguments.collation) {}
  void add(const Value& value, std::string_view) override {
    if (value.nullish()) return;
    if (!best_.missing()) {
      const int order = bson::compare(value.view(), best_.view(), collation_);
      if (greatest_ ? order <= 0 : order >= 0) return;
      release(held_bytes(best_));
    }
    best_ = value.owned();
    hold(held_bytes(best_));
  }
  Value result() const override { return or_null(best_); }
  Value partial() const override { return best_; }
  void merge(const Value& partial) override { add(partial, {}); }

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
    hold(held_bytes(value_));
  }
  Value result() const override { return or_null(value_); }
  Value partial() const override { return value_; }
  void merge(const Value& partial) override { add(partial, {}); }

 private:
  bool seen_ = false;
  Value value_;
};

class Last final : public Accumulator {
 public:
  explicit Last(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    release(held_bytes(value_));
    value_ = value.owned();
    hold(held_bytes(value_));
  }
  Value result() const override { return or_null(value_); }
  Value partial() const override { return value_; }
  void merge(const Value& partial) override { add(partial, {}); }

 private:
  Value value_;
};

class FirstLastN final : public Accumulator {
 public:
  explicit FirstLastN(const Arguments& arguments)
      : last_(arguments.name == "$lastN"), n_(arguments.n) {}
  void add(const Value& value, std::string_view) override {
    if (values_.size() == n_) {
      if (!last_) return;
      release(held_bytes(values_.front()));
      values_.pop_front();
    }
    values_.push_back(value.owned());
    hold(held_bytes(values_.back()));
    check_held(last_ ? "$lastN" : "$firstN", memory_bytes());
  }
  Value result() const override { return array_of(values_); }
  Value partial() const override { return result(); }
  void merge(const Value& partial) override { add_each(*this, partial); }

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
    hold(held_bytes(value) + 32);
    if (values_.size() > n_) {
      const auto worst = std::prev(values_.end());
      release(held_bytes(*worst) + 32);
      values_.erase(worst);
    }
    check_held("$maxN/$minN", memory_bytes());
  }
  Value result() const override { return array_of(values_); }
  Value partial() const override { return result(); }
  void merge(const Value& partial) override { add_each(*this, partial); }

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
      release(held_bytes(worst->second) + worst->first.key.size() + 64);
      entries_.erase(worst);
    }
    hold(held_bytes(value) + entry.key.size() + 64);
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
  Value partial() const override {
    bson::Builder out;
    for (const auto& [entry, value] : entries_) {
      out.push_document().add_binary("key", 0, entry.key).add("value", value.view());
      out.close();
    }
    return Value::array(out.take());
  }
  void merge(const Value& partial) override {
    for (const auto& element : partial.view().as_document()) {
      const bson::View entry = element.as_document();
      add(Value(entry["value"]), entry["key"].as_binary().bytes);
    }
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

}  // namespace

AccumulatorPtr make_extreme(const Arguments& arguments) {
  return std::make_unique<Extreme>(arguments);
}

AccumulatorPtr make_first(const Arguments& arguments) {
  return std::make_unique<First>(arguments);
}

AccumulatorPtr make_last(const Arguments& arguments) {
  return std::make_unique<Last>(arguments);
}

AccumulatorPtr make_first_last_n(const Arguments& arguments) {
  return std::make_unique<FirstLastN>(arguments);
}

AccumulatorPtr make_extreme_n(const Arguments& arguments) {
  return std::make_unique<ExtremeN>(arguments);
}

AccumulatorPtr make_top(const Arguments& arguments) {
  return std::make_unique<Top>(arguments);
}

}  // namespace freshet::query
