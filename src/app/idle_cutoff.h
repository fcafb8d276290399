// SPDX-License-Identifier: Apache-2.0
// Since when something that carries a wall time must have been written to count as used lately,
// whatever was done to the wall clock meanwhile.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>

#include "base/clock.h"

namespace freshet::app {

/// Used by one thread.
class IdleCutoff {
 public:
  /// What was not used for `idle` of running time is idle.
  explicit IdleCutoff(Milliseconds idle) : idle_(idle) {}

  /// Notes both clocks, and gives the least that the wall clock can have shown within the time
  /// `idle` up to now: what bears an older time has been idle longer. Nothing has before we ran
  /// that long. Requires: the clock is set at most once between two calls.
  std::int64_t note(SteadyTime now, std::int64_t wall_ms) {
    std::int64_t least = wall_ms;
    if (!samples_.empty()) least -= milliseconds(now - samples_.back().at);
    samples_.push_back({now, wall_ms, least});
    const SteadyTime since = now - idle_;
    if (samples_.front().at > since) return std::numeric_limits<std::int64_t>::min();
    while (samples_.size() > 1 && samples_[1].at <= since)
      samples_.pop_front();
    least = samples_.front().wall_ms;
    for (std::size_t i = 1; i < samples_.size(); ++i)
      least = std::min(least, samples_[i].least_ms);
    return least;
  }

 private:
  struct Sample {
    SteadyTime at;
    std::int64_t wall_ms;
    std::int64_t least_ms;  // that was shown since the sample before, had the clock been set then
  };

  static std::int64_t milliseconds(SteadyTime::duration time) {
    return std::chrono::duration_cast<Milliseconds>(time).count();
  }

  const Milliseconds idle_;
  std::deque<Sample> samples_;  // as many as there are calls within `idle_`, and one before
};

}  // namespace freshet::app
