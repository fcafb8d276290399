// SPDX-License-Identifier: Apache-2.0
// Whether a sync should wait for company. Clients that wait for durability come again as soon as
// they have it: a sync that begins with the first of them serves one, and all others pay for the
// next. One that waits until as many wait as last time serves all of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace freshet::commit {

/// Counts who waits, knows nothing of threads. Whoever comes alone never waits; nobody waits longer
/// than the last syncs took, nor kWaitMax, behind the last one's end. When those who were expected
/// stay away, the next few syncs wait for nobody, and twice as many the next time. Not thread-safe.
class Company {
 public:
  static constexpr std::chrono::microseconds kWaitMax{1'000};
  static constexpr std::size_t kSkipsMax = 64;

  /// A sync that took so long ended now; `waiting` clients wait at that moment, those that it
  /// serves among them.
  void note_end(std::size_t waiting, SteadyTime now, SteadyTime::duration took);
  /// A sync begins for `waiting` clients.
  void note_begin(std::size_t waiting);

  /// Are all there that may be expected?
  bool complete(std::size_t waiting) const { return waiting >= expected_; }
  /// A sync that is not complete begins then. SteadyTime::min(): at once.
  SteadyTime wait_until() const { return until_; }

 private:
  std::size_t expected_ = 0;
  SteadyTime until_ = SteadyTime::min();
  SteadyTime::duration usual_{};   // of a sync
  std::size_t skips_ = 0;          // syncs that will wait for nobody
  std::size_t skips_on_miss_ = 1;  // how many, should nobody come
};

}  // namespace freshet::commit
