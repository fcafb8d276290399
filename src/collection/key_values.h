// SPDX-License-Identifier: Apache-2.0
// Which values a document has on the paths of an index: arrays give one combination per element.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::collection {

/// What a document has on the path of one component. Missing where the path leads nowhere,
/// Undefined for an empty array.
struct ComponentValue {
  bson::ValueView value;
  bool from_array = false;  ///< not all that the path leads to: an array was opened on the way
};

/// Receives each combination of values, one per component.
class CombinationSink {
 public:
  virtual ~CombinationSink() = default;
  virtual void take(const std::vector<ComponentValue>& values) = 0;
};

/// Where arrays stood: bit p of element i is set when one stood at part p of component i's path
/// (the last bit: at any part behind). Empty when there was none.
using ArrayParts = std::vector<std::uint32_t>;

/// Hands every combination of the values at `paths` to `sink`. Throws CannotIndexParallelArrays
/// (171), Location16746 when a number in a path is both a place in an array and a field of its
/// elements.
ArrayParts for_each_combination(const std::vector<std::string_view>& paths, bson::View document,
                                CombinationSink& sink);
ArrayParts for_each_combination(const catalog::IndexDefinition& index, bson::View document,
                                CombinationSink& sink);

}  // namespace freshet::collection
