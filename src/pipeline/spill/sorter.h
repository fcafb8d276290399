// SPDX-License-Identifier: Apache-2.0
// Sorting by key bytes, in memory as long as it fits and by merging sorted runs on disk beyond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/spill/sorted_runs.h"
#include "pipeline/spill/spill_area.h"
#include "pipeline/spill/stage_memory.h"

namespace freshet {
class Operation;
}

namespace freshet::pipeline {

/// Add all, then take all. Rows with equal keys come in the order they were added. Not
/// thread-safe.
class Sorter {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  /// `limit`: only so many of the first rows are wanted. `stage` names the stage in errors.
  Sorter(std::string_view stage, const SpillPolicy& policy, std::size_t limit = kNoLimit);

  void add(std::string key, std::string_view payload);
  /// Between the last add() and the first next().
  void finish(Operation& op);
  /// The views live until the next call.
  std::optional<SpilledRecord> next(Operation& op);

  std::uint64_t added() const { return added_; }
  bool spilled() const { return runs_ != nullptr; }

 private:
  struct Row {
    std::string key;
    std::uint64_t sequence;
    std::string payload;
    std::size_t bytes() const { return sizeof(Row) + key.size() + payload.size(); }
  };
  struct Before {
    bool operator()(const Row& a, const Row& b) const;
  };

  void spill();
  void add_limited(Row row, std::string_view payload);
  void release_current();

  const SpillPolicy policy_;
  const std::size_t limit_;
  StageMemory memory_;
  std::uint64_t added_ = 0;
  std::vector<Row> rows_;  // a heap with the last wanted row on top while limited
  std::size_t position_ = 0;
  std::size_t given_ = 0;
  std::unique_ptr<SortedRuns> runs_;  // null while everything fits into memory
};

}  // namespace freshet::pipeline
