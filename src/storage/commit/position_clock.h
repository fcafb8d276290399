// SPDX-License-Identifier: Apache-2.0
// Gives positions: seconds of the wall clock and an increment, always growing, never used twice.
#pragma once

#include <algorithm>
#include <cstdint>

#include "storage/store.h"

namespace freshet::commit {

/// Copyable, so that positions of a group that was not applied can be taken back.
class PositionClock {
 public:
  /// Begins a second above both the clock and what was recovered: whatever the process before gave
  /// out and lost is below.
  PositionClock(storage::Position recovered, std::uint64_t wall_seconds)
      : last_((std::max<std::uint64_t>(recovered.seconds(), wall_seconds) + 1) << 32) {}

  storage::Position next(std::uint64_t wall_seconds) {
    last_ = following(last_, wall_seconds);
    return storage::Position(last_);
  }

  /// The position behind `last`. A wall clock that goes back moves nothing back; a second whose
  /// increments are used up is followed by the next one; no increment is 0.
  static constexpr std::uint64_t following(std::uint64_t last, std::uint64_t wall_seconds) {
    std::uint64_t next = last + 1;
    if (static_cast<std::uint32_t>(next) == 0) ++next;
    return std::max(next, wall_seconds << 32 | 1);
  }

 private:
  std::uint64_t last_;
};

}  // namespace freshet::commit
