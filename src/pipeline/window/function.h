// SPDX-License-Identifier: Apache-2.0
// Window functions: what they are parsed from, and how they run over one partition. Internal to
// $setWindowFields.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "bson/value.h"
#include "bson/view.h"
#include "pipeline/window/bounds.h"
#include "pipeline/window/partition.h"
#include "query/expression/expression.h"
#include "query/sort.h"

namespace freshet::pipeline {

/// A function at work on one partition. Not thread-safe.
class WindowRun {
 public:
  virtual ~WindowRun() = default;
  /// The value for one document; owned. Requires: indexes come in order from 0.
  virtual bson::Value at(std::size_t index) = 0;
};
using WindowRunPtr = std::unique_ptr<WindowRun>;

/// A parsed function. Immutable.
class WindowFunction {
 public:
  virtual ~WindowFunction() = default;
  /// Both outlive the run.
  virtual WindowRunPtr start(Partition& partition) const = 0;
};
using WindowFunctionPtr = std::unique_ptr<const WindowFunction>;

/// One field of `output`: {$sum: "$x", window: {…}}.
struct WindowOutput {
  std::string_view field;
  bson::Element function;  ///< {$sum: …}
  bson::Element window;    ///< perhaps missing
  const query::SortPattern* sort_by = nullptr;
  query::ParseScope& scope;

  std::string_view name() const { return function.name(); }
  std::size_t sort_fields() const { return sort_by == nullptr ? 0 : sort_by->parts().size(); }
  /// What `window` says, or everything.
  WindowBounds bounds() const;
  /// Throws FailedToParse (9) when there is a window.
  void refuse_window() const;
  /// Throws 5371602 unless sortBy has the fields that the function needs.
  void require_sort(std::size_t fields_min, std::size_t fields_max) const;
};

/// Throws FailedToParse (9) for an unknown function.
WindowFunctionPtr parse_window_function(const WindowOutput& output);

// The parsers behind the table, one file each.
WindowFunctionPtr parse_window_accumulator(const WindowOutput& output);
WindowFunctionPtr parse_rank(const WindowOutput& output);
WindowFunctionPtr parse_shift(const WindowOutput& output);
WindowFunctionPtr parse_exp_moving_avg(const WindowOutput& output);
WindowFunctionPtr parse_derivative(const WindowOutput& output);
WindowFunctionPtr parse_integral(const WindowOutput& output);
WindowFunctionPtr parse_covariance(const WindowOutput& output);
WindowFunctionPtr parse_linear_fill(const WindowOutput& output);
WindowFunctionPtr parse_locf(const WindowOutput& output);

/// x for $derivative, $integral and $linearFill: the sort value as a number (dates: milliseconds).
/// Throws TypeMismatch (14), naming the function, when it is neither.
double sort_number(Partition& partition, std::size_t index, std::string_view function, bool dates);

}  // namespace freshet::pipeline
