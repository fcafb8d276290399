// SPDX-License-Identifier: Apache-2.0
// The functions that $setWindowFields knows: one row each. To add one, write its file, declare its
// parser in function.h, add a row here.
#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "pipeline/window/function.h"

namespace freshet::pipeline {
namespace {

struct FunctionRow {
  std::string_view name;
  WindowFunctionPtr (*parse)(const WindowOutput&);
};

constexpr FunctionRow kFunctions[] = {
    // accumulators
    {"$addToSet", parse_window_accumulator},
    {"$avg", parse_window_accumulator},
    {"$bottom", parse_window_accumulator},
    {"$bottomN", parse_window_accumulator},
    {"$concatArrays", parse_window_accumulator},
    {"$count", parse_window_accumulator},
    {"$first", parse_window_accumulator},
    {"$firstN", parse_window_accumulator},
    {"$last", parse_window_accumulator},
    {"$lastN", parse_window_accumulator},
    {"$max", parse_window_accumulator},
    {"$maxN", parse_window_accumulator},
    {"$median", parse_window_accumulator},
    {"$min", parse_window_accumulator},
    {"$minN", parse_window_accumulator},
    {"$percentile", parse_window_accumulator},
    {"$push", parse_window_accumulator},
    {"$setUnion", parse_window_accumulator},
    {"$stdDevPop", parse_window_accumulator},
    {"$stdDevSamp", parse_window_accumulator},
    {"$sum", parse_window_accumulator},
    {"$top", parse_window_accumulator},
    {"$topN", parse_window_accumulator},
    // order
    {"$denseRank", parse_rank},
    {"$documentNumber", parse_rank},
    {"$rank", parse_rank},
    {"$shift", parse_shift},
    // series
    {"$covariancePop", parse_covariance},
    {"$covarianceSamp", parse_covariance},
    {"$derivative", parse_derivative},
    {"$expMovingAvg", parse_exp_moving_avg},
    {"$integral", parse_integral},
    {"$linearFill", parse_linear_fill},
    {"$locf", parse_locf},
};

}  // namespace

WindowFunctionPtr parse_window_function(const WindowOutput& output) {
  const auto* row = std::ranges::find(kFunctions, output.name(), &FunctionRow::name);
  if (row == std::end(kFunctions))
    raise(ErrorCode::FailedToParse, "Unrecognized window function, {}", output.name());
  return row->parse(output);
}

WindowBounds WindowOutput::bounds() const {
  if (!window) return {};
  const bool ascending = sort_fields() > 0 && !sort_by->parts()[0].descending;
  return WindowBounds::parse(window, sort_fields(), ascending);
}

void WindowOutput::refuse_window() const {
  if (window)
    raise(location(5371601), "Rank style window functions take no other arguments: {}", name());
}

void WindowOutput::require_sort(std::size_t fields_min, std::size_t fields_max) const {
  const std::size_t fields = sort_fields();
  if (fields >= fields_min && fields <= fields_max) return;
  raise(location(5371602), "{} must be specified with a top level sortBy expression{}", name(),
        fields_max == 1 ? " with exactly one element" : "");
}

double sort_number(Partition& partition, std::size_t index, std::string_view function, bool dates) {
  const bson::Value value = partition.sort_value(index);
  const bool date = value.type() == bson::Type::Date;
  if (date && dates) return static_cast<double>(value.view().as_date_ms());
  if (!dates && value.view().is_number()) return value.view().number_as_double();
  raise(ErrorCode::TypeMismatch, "{} needs a sortBy field that is a {}, found {}", function,
        dates ? "date" : "number",
        value.missing() ? std::string_view("missing") : bson::type_alias(value.type()));
}

}  // namespace freshet::pipeline
