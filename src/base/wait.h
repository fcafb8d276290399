// SPDX-License-Identifier: Apache-2.0
// How work waits without a thread: it subscribes a Waker to a condition and goes home; whoever
// makes the condition true wakes it. The edge implements Waker by scheduling the connection;
// everything below only holds and calls it.
#pragma once

#include <memory>

namespace freshet {

/// A one-shot signal back to whoever is parked. Thread-safe; waking twice, or after the waiter has
/// gone, does no harm.
class Waker {
 public:
  virtual ~Waker() = default;
  /// Schedules the waiter. Never blocks and never runs the waiter's own work on the calling thread.
  virtual void wake() noexcept = 0;
};

/// Shared because the condition's owner and the edge both hold it and neither knows who lets go
/// first.
using WakerPtr = std::shared_ptr<Waker>;

}  // namespace freshet
