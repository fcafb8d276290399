// SPDX-License-Identifier: Apache-2.0
// How far behind the end of the log a position is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "oplog/log_totals.h"
#include "storage/store.h"

namespace freshet::oplog {

struct Lag {
  std::int64_t ms = 0;           ///< how long ago the oldest entry behind the position was written
  std::optional<LogTotals> log;  ///< what lies behind it; nothing where that is not known
};

/// Measures positions against one moment. Not thread-safe.
class LagMeter {
 public:
  /// `end`: up to where entries count; `now_ms`: the wall clock.
  LagMeter(storage::Store& store, storage::Position end, std::int64_t now_ms)
      : store_(store), end_(end), now_ms_(now_ms) {}

  /// Reads at most a block of the log for each position that it is asked for the first time.
  const Lag& at(storage::Position position);

 private:
  Lag measure(storage::Position position);

  storage::Store& store_;
  storage::Position end_;
  std::int64_t now_ms_;
  std::optional<std::optional<LogTotals>> end_totals_;
  std::map<storage::Position, Lag> known_;
};

}  // namespace freshet::oplog
