// SPDX-License-Identifier: Apache-2.0
// What $group adds up: one object per group and field.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/value.h"
#include "query/context.h"
#include "query/expression/expression.h"
#include "query/sort.h"

namespace freshet::query {

/// The running state of one accumulator. Not thread-safe.
class Accumulator {
 public:
  virtual ~Accumulator() = default;
  /// `value` may borrow; what is kept is copied. `sort_key` is only looked at by $top & co.
  virtual void add(const bson::Value& value, std::string_view sort_key) = 0;
  /// Missing never; null where MongoDB says null.
  virtual bson::Value result() const = 0;
  /// The state, for merge(); perhaps missing.
  virtual bson::Value partial() const = 0;
  /// Adds what another state of the same accumulator gave with partial(), as if its inputs had come
  /// after all of ours.
  virtual void merge(const bson::Value& partial) = 0;
  /// Bytes held, roughly; grows with what is kept.
  std::size_t memory_bytes() const { return memory_bytes_; }

 protected:
  void hold(std::size_t bytes) { memory_bytes_ += bytes; }
  void release(std::size_t bytes) {
    memory_bytes_ -= bytes < memory_bytes_ ? bytes : memory_bytes_;
  }

 private:
  std::size_t memory_bytes_ = 0;
};

/// What some accumulators are told besides their input.
struct AccumulatorArguments {
  std::string_view name;
  const bson::StringOrder* collation = nullptr;
  std::size_t n = 1;                ///< $firstN & co.
  std::vector<double> percentiles;  ///< $percentile, $median
};

/// One row of the accumulator table.
struct AccumulatorRow {
  std::string_view name;
  /// How the body is written: a plain expression, {}, {input, n}, {sortBy, output[, n]}, {input, p,
  /// method}.
  enum class Form : std::uint8_t { Plain, Count, InputN, Top, TopN, Percentile, JavaScript } form;
  std::unique_ptr<Accumulator> (*make)(const AccumulatorArguments&);
};

/// Null when there is none of that name ("$sum").
const AccumulatorRow* find_accumulator(std::string_view name);

/// One accumulator of a $group as parsed: {$sum: "$qty"}. Immutable, thread-safe.
class AccumulatorSpec {
 public:
  /// `spec` is the one-field document. Throws MongoDB's codes: 15952 unknown operator, 40234 no
  /// accumulator object, 40237 $sum & co. with an array, and those of each operator.
  AccumulatorSpec(std::string_view field, bson::ValueView spec, ParseScope& scope);
  ~AccumulatorSpec();
  AccumulatorSpec(AccumulatorSpec&&) noexcept;
  AccumulatorSpec& operator=(AccumulatorSpec&&) noexcept;

  const std::string& field() const { return field_; }
  /// A fresh state for the group whose `_id` is `group_id` ($firstN's `n` may be computed from it).
  std::unique_ptr<Accumulator> make(const bson::Value& group_id, const QueryContext& context) const;
  /// The input on the document of `context`.
  bson::Value input(EvalContext& context) const { return input_->evaluate(context); }
  /// Evaluates the input on the document of `context` and adds it.
  void add(Accumulator& to, EvalContext& context) const;

 private:
  void parse_plain(bson::ValueView body, ParseScope& scope);
  void parse_count(bson::ValueView body, ParseScope& scope);
  void parse_input_n(bson::ValueView body, ParseScope& scope);
  void parse_top(bson::ValueView body, ParseScope& scope);
  void parse_percentile(bson::ValueView body, ParseScope& scope);

  std::string field_;
  const AccumulatorRow* row_ = nullptr;
  ExpressionPtr input_;
  ExpressionPtr n_;
  std::optional<SortPattern> sort_by_;
  std::vector<double> percentiles_;
  std::size_t slots_ = 0;  ///< variables that evaluating n_ needs
};

}  // namespace freshet::query
