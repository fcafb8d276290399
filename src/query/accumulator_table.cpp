// SPDX-License-Identifier: Apache-2.0
// The accumulators of $group: one row each. To add one, write its state in a file of its family,
// declare its maker in accumulator_states.h, add a row here.
#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "query/accumulator_states.h"

namespace freshet::query {
namespace {

using Form = AccumulatorRow::Form;

constexpr AccumulatorRow kAccumulators[] = {
    {"$sum", Form::Plain, make_sum},
    {"$avg", Form::Plain, make_average},
    {"$min", Form::Plain, make_extreme},
    {"$max", Form::Plain, make_extreme},
    {"$first", Form::Plain, make_first},
    {"$last", Form::Plain, make_last},
    {"$push", Form::Plain, make_push},
    {"$addToSet", Form::Plain, make_add_to_set},
    {"$setUnion", Form::Plain, make_add_to_set},
    {"$concatArrays", Form::Plain, make_concat_arrays},
    {"$mergeObjects", Form::Plain, make_merge_objects},
    {"$stdDevPop", Form::Plain, make_standard_deviation},
    {"$stdDevSamp", Form::Plain, make_standard_deviation},
    {"$count", Form::Count, make_sum},
    {"$firstN", Form::InputN, make_first_last_n},
    {"$lastN", Form::InputN, make_first_last_n},
    {"$maxN", Form::InputN, make_extreme_n},
    {"$minN", Form::InputN, make_extreme_n},
    {"$top", Form::Top, make_top},
    {"$bottom", Form::Top, make_top},
    {"$topN", Form::TopN, make_top},
    {"$bottomN", Form::TopN, make_top},
    {"$median", Form::Percentile, make_percentile},
    {"$percentile", Form::Percentile, make_percentile},
    {"$accumulator", Form::JavaScript, nullptr},
};

}  // namespace

const AccumulatorRow* find_accumulator(std::string_view name) {
  const auto* found = std::ranges::find(kAccumulators, name, &AccumulatorRow::name);
  return found == std::end(kAccumulators) ? nullptr : found;
}

std::size_t held_bytes(const bson::Value& value) {
  return sizeof(bson::Value) + value.view().raw().size();
}

void check_held(std::string_view name, std::size_t bytes) {
  constexpr std::size_t kHeldBytesMax = std::size_t{100} << 20;
  if (bytes > kHeldBytesMax) {
    raise(ErrorCode::ExceededMemoryLimit,
          "{} used too much memory and cannot spill to disk. Memory limit: {} bytes", name,
          kHeldBytesMax);
  }
}

bson::Value or_null(const bson::Value& value) {
  return value.missing() ? bson::Value::null() : value;
}

void add_each(Accumulator& to, const bson::Value& array) {
  for (const auto& element : array.view().as_document())
    to.add(bson::Value(element.value()), {});
}

}  // namespace freshet::query
