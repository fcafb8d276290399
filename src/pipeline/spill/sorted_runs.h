// SPDX-License-Identifier: Apache-2.0
// Sorted runs of records in one temporary file, and their merge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string_view>
#include <vector>

#include "pipeline/spill/record_file.h"
#include "pipeline/spill/spill_area.h"

namespace freshet::pipeline {

/// Write all runs, then merge once. Of equal keys those of the earlier run come first, and within
/// one run those written first. Not thread-safe.
class SortedRuns {
 public:
  /// Requires: the area outlives it.
  explicit SortedRuns(SpillArea& area);

  /// One run: its records, in the order of their keys, and then end_run().
  void write(std::string_view key, std::string_view payload) { writer_.write(key, payload); }
  void end_run();

  /// The next record of the merge; the views live until the next call.
  std::optional<SpilledRecord> next();

 private:
  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
  };
  struct Head {
    std::size_t run;
    SpilledRecord record;
  };
  struct After {
    bool operator()(const Head& a, const Head& b) const;
  };
  void start_merge();
  void take(std::size_t run);

  std::unique_ptr<SpillFile> file_;
  RecordWriter writer_;
  std::vector<Run> runs_;
  std::vector<RecordReader> readers_;  // one per run, once the merge has begun
  std::priority_queue<Head, std::vector<Head>, After> heads_;
  std::optional<std::size_t> given_;  // the run whose record was given out last
};

}  // namespace freshet::pipeline
