// SPDX-License-Identifier: Apache-2.0
// What one stage holds in memory between documents.
#pragma once

#include <cstddef>
#include <string_view>

#include "pipeline/spill/spill_area.h"

namespace freshet::pipeline {

/// Counts against the policy's stage_bytes_max. Not thread-safe.
class StageMemory {
 public:
  StageMemory(std::string_view stage, const SpillPolicy& policy)
      : stage_(stage), bytes_max_(policy.stage_bytes_max), may_spill_(policy.possible()) {}

  /// For what may go to disk: true when the stage has to spill now. Throws
  /// QueryExceededMemoryLimitNoDiskUseAllowed (292) where it must not.
  [[nodiscard]] bool use(std::size_t bytes);
  void release(std::size_t bytes) { used_ -= bytes < used_ ? bytes : used_; }
  std::size_t used() const { return used_; }

 private:
  [[noreturn]] void raise_exceeded() const;

  std::string_view stage_;
  std::size_t bytes_max_;
  bool may_spill_;
  std::size_t used_ = 0;
};

}  // namespace freshet::pipeline
