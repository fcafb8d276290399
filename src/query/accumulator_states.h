// SPDX-License-Identifier: Apache-2.0
// The makers behind the table of accumulators, one block per file, and what the states share.
// Internal to this folder.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "bson/builder.h"
#include "bson/value.h"
#include "query/accumulator.h"

namespace freshet::query {

using AccumulatorPtr = std::unique_ptr<Accumulator>;

// accumulator_numbers.cpp
AccumulatorPtr make_sum(const AccumulatorArguments& arguments);
AccumulatorPtr make_average(const AccumulatorArguments& arguments);
AccumulatorPtr make_standard_deviation(const AccumulatorArguments& arguments);
AccumulatorPtr make_percentile(const AccumulatorArguments& arguments);
// accumulator_values.cpp
AccumulatorPtr make_extreme(const AccumulatorArguments& arguments);
AccumulatorPtr make_first(const AccumulatorArguments& arguments);
AccumulatorPtr make_last(const AccumulatorArguments& arguments);
AccumulatorPtr make_first_last_n(const AccumulatorArguments& arguments);
AccumulatorPtr make_extreme_n(const AccumulatorArguments& arguments);
AccumulatorPtr make_top(const AccumulatorArguments& arguments);
// accumulator_collections.cpp
AccumulatorPtr make_push(const AccumulatorArguments& arguments);
AccumulatorPtr make_add_to_set(const AccumulatorArguments& arguments);
AccumulatorPtr make_concat_arrays(const AccumulatorArguments& arguments);
AccumulatorPtr make_merge_objects(const AccumulatorArguments& arguments);

/// Memory that a held value takes, about.
std::size_t held_bytes(const bson::Value& value);
/// Throws ExceededMemoryLimit when one state holds too much.
void check_held(std::string_view name, std::size_t bytes);
bson::Value or_null(const bson::Value& value);
/// Adds the elements of an array one by one.
void add_each(Accumulator& to, const bson::Value& array);
template <typename Range>
bson::Value array_of(const Range& values) {
  bson::Builder out;
  for (const auto& value : values)
    out.push(or_null(value).view());
  return bson::Value::array(out.take());
}

}  // namespace freshet::query
