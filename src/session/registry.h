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
#include "base/mutex.h"
#include "model/session_id.h"

namespace freshet::session {

inline constexpr std::int32_t kTimeoutMinutes = 30;
inline constexpr std::size_t kSessionsMax = 1'000'000;

/// Thread-safe.
class Registry {
 public:
  explicit Registry(const Clock& clock) : clock_(clock) {}

  /// Creates or refreshes. Throws TooManyLogicalSessions (261) above kSessionsMax.
  void touch(const model::SessionId& session);
  /// Forgets the session; true when it was known.
  bool end(const model::SessionId& session);
  void end_all();
  /// Forgets what was not used for kTimeoutMinutes and returns it.
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
  mutable Mutex mutex_;
  std::unordered_map<model::SessionId, Use> sessions_ GUARDED_BY(mutex_);
};

}  // namespace freshet::session
