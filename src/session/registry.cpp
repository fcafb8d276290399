// SPDX-License-Identifier: Apache-2.0
#include "session/registry.h"

#include "base/error.h"

namespace freshet::session {

void Registry::touch(const model::SessionId& session) {
  const Use use{clock_.steady(), clock_.wall_ms()};
  MutexLock lock(mutex_);
  const auto sessions_max = static_cast<std::size_t>(limits_.sessions_max);
  if (sessions_.size() >= sessions_max && !sessions_.contains(session)) {
    raise(ErrorCode::TooManyLogicalSessions,
          "more than {} logical sessions are in use (sessionsMax)", sessions_max);
  }
  sessions_[session] = use;
}

bool Registry::end(const model::SessionId& session) {
  MutexLock lock(mutex_);
  return sessions_.erase(session) > 0;
}

void Registry::end_all() {
  MutexLock lock(mutex_);
  sessions_.clear();
}

std::vector<model::SessionId> Registry::expire() {
  const SteadyTime oldest = clock_.steady() - Milliseconds(limits_.session_idle_ms_max);
  std::vector<model::SessionId> gone;
  MutexLock lock(mutex_);
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    if (at->second.steady < oldest) {
      gone.push_back(at->first);
      at = sessions_.erase(at);
    } else {
      ++at;
    }
  }
  return gone;
}

std::vector<Registry::Known> Registry::list() const {
  std::vector<Known> out;
  MutexLock lock(mutex_);
  out.reserve(sessions_.size());
  for (const auto& [session, use] : sessions_)
    out.push_back({session, use.wall_ms});
  return out;
}

std::size_t Registry::size() const {
  MutexLock lock(mutex_);
  return sessions_.size();
}

}  // namespace freshet::session
