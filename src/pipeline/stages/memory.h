// SPDX-License-Identifier: Apache-2.0
// What one stage holds in memory between documents.
#pragma once

#include <cstddef>
#include <string_view>

namespace freshet::pipeline {

/// Counts against kStageMemoryBytesMax. Not thread-safe.
class StageMemory {
 public:
  explicit StageMemory(std::string_view stage) : stage_(stage) {}
  /// Throws QueryExceededMemoryLimitNoDiskUseAllowed when the stage outgrows its limit.
  void use(std::size_t bytes);
  void release(std::size_t bytes) { used_ -= bytes < used_ ? bytes : used_; }
  std::size_t used() const { return used_; }

 private:
  std::string_view stage_;
  std::size_t used_ = 0;
};

}  // namespace freshet::pipeline
