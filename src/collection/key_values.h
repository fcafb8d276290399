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

/// Hands every combination to `sink`; gives the components that went through an array (bit i).
/// Throws CannotIndexParallelArrays (171).
std::uint32_t for_each_combination(const catalog::IndexDefinition& index, bson::View document,
                                   CombinationSink& sink);

}  // namespace freshet::collection
