// SPDX-License-Identifier: Apache-2.0
// What work that cannot go on yet hands to the edge instead of sleeping.
#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"
#include "base/wait.h"

namespace freshet {

/// A wait. The edge calls `subscribe` once with a waker, keeps the work aside, and steps it again
/// when the waker is woken or the deadline has passed. The work finds out itself which of the two
/// it was.
struct Park {
  /// Hands the waker to whatever makes the condition true; wakes at once if it is true already. May
  /// be empty when only the deadline ends the wait.
  std::function<void(const WakerPtr&)> subscribe;
  /// Latest moment to go on; absence means only the waker ends the wait.
  std::optional<SteadyTime> deadline;
};

}  // namespace freshet
