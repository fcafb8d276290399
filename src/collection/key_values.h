// SPDX-License-Identifier: Apache-2.0
// Which values a document has on the paths of an index: arrays give one combination per element.
#pragma once

#include <cstdint>
#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::collection {

/// Receives each combination of values, one value per component. Missing where the path leads
/// nowhere, Undefined for an empty array.
class CombinationSink {
 public:
  virtual ~CombinationSink() = default;
  virtual void take(const std::vector<bson::ValueView>& values) = 0;
};

/// Where arrays stood: bit p of element i is set when one stood at part p of component i's path
/// (the last bit: at any part behind). Empty when there was none.
using ArrayParts = std::vector<std::uint32_t>;

/// Hands every combination to `sink`. Throws CannotIndexParallelArrays (171), Location16746 when a
/// number in a path is both a place in an array and a field of its elements.
ArrayParts for_each_combination(const catalog::IndexDefinition& index, bson::View document,
                                CombinationSink& sink);

}  // namespace freshet::collection
