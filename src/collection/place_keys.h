// SPDX-License-Identifier: Apache-2.0
// What geospatial indexes have in common: keys with a cell among the values of ordinary components.
#pragma once

#include <cstdint>
#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"
#include "collection/index_keys.h"

namespace freshet::collection {

/// Adds a key for each of the cells with each combination of values of the other components; none
/// without cells. Throws what for_each_combination() throws.
void add_place_keys(const catalog::IndexDefinition& index, bson::View document,
                    std::vector<std::int64_t> cells, IndexKeys& out);

}  // namespace freshet::collection
