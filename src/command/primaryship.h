// SPDX-License-Identifier: Apache-2.0
// Whether this server is the primary of its set of one: it is, but for the while after a
// replSetStepDown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/wait.h"
#include "command/identity.h"

namespace freshet::command {

/// Changes what the identity says of term and role, and tells those who wait for a change.
/// Thread-safe.
class Primaryship {
 public:
  /// `begin_term` stores the next term and gives it. Requires: `identity` and `clock` outlive this.
  Primaryship(Identity& identity, const Clock& clock, std::function<std::int64_t()> begin_term);

  /// Steps up first when it is time. Costs one load while this server is primary.
  bool is_primary() {
    step_up_if_due();
    return identity_.is_primary;
  }
  /// No primary for `period` from now.
  void step_down(Milliseconds period);
  /// Primary again, now.
  void step_up();
  void step_up_if_due() {
    if (!identity_.is_primary) step_up_when_due();
  }
  /// When this server will be primary again; nothing while it is.
  std::optional<SteadyTime> step_up_due() const;

  /// Wakes `waker` when the topology counter is no longer `counter`; at once when it is not.
  void wait(std::int64_t counter, const WakerPtr& waker);

 private:
  void step_up_when_due();
  void change(bool primary) REQUIRES(mutex_);
  void wake_all();

  Identity& identity_;
  const Clock& clock_;
  const std::function<std::int64_t()> begin_term_;
  mutable Mutex mutex_;
  std::optional<SteadyTime> due_ GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Waker>> waiting_ GUARDED_BY(mutex_);  // some have gone by now
  std::size_t prune_at_ GUARDED_BY(mutex_) = 64;
};

}  // namespace freshet::command
