// SPDX-License-Identifier: Apache-2.0
// Whether walking an index gives the order of a sort.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pipeline/plan/index_bounds.h"
#include "query/sort.h"
#include "storage/store.h"

namespace freshet::pipeline {

struct IndexOrder {
  storage::Direction direction = storage::Direction::Forward;
  /// Leading components whose values have to be walked one by one, side by side, and merged; 0: one
  /// walk gives the order.
  std::size_t apart = 0;
};

/// Most walks that are merged for a sort.
inline constexpr std::size_t kMergedMax = 200;

/// Nothing when the index does not give the order. Requires: no key of the index was cut, and it
/// has the order of strings that the sort wants.
std::optional<IndexOrder> index_order(const std::vector<Component>& components,
                                      const IndexBounds& bounds, const query::SortPattern& sort);

}  // namespace freshet::pipeline
