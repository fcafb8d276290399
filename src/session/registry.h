// SPDX-License-Identifier: Apache-2.0
// Logical sessions: known from first use, forgotten when they were not used for the time hello
// announces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "model/session_id.h"

namespace freshet::session {

/// How long a session lives unused, as hello and startSession tell it.
inline std::int32_t timeout_minutes(const Limits& limits) {
  return static_cast<std::int32_t>(limits.session_idle_ms_max / 60'000);
}

/// Thread-safe.
class Registry {
 public:
  /// Requires: both outlive this.
  Registry(const Clock& clock, const Limits& limits) : clock_(clock), limits_(limits) {}

  /// Creates or refreshes. Throws TooManyLogicalSessions (261) above sessionsMax.
  void touch(const model::SessionId& session);
  /// Forgets the session; true when it was known.
  bool end(const model::SessionId& session);
  void end_all();
  /// Forgets what was not used for sessionIdleMsMax and returns it.
  std::vector<model::SessionId> expire();

  struct Known {
    model::SessionId session;
    std::int64_t last_use_ms;  ///< wall time
  };
  std::vector<Known> list() const;
  std::size_t size() const;

 private:
  struct Use {
    SteadyTime steady;
    std::int64_t wall_ms;
  };
  const Clock& clock_;
  const Limits& limits_;
  mutable Mutex mutex_;
  std::unordered_map<model::SessionId, Use> sessions_ GUARDED_BY(mutex_);
};

}  // namespace freshet::session
