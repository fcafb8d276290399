// SPDX-License-Identifier: Apache-2.0
#include "command/operation_registry.h"

namespace freshet::command {

void OperationRegistry::add(std::uint64_t id, RunningCommand command) {
  MutexLock lock(mutex_);
  running_.emplace(id, std::move(command));
}

void OperationRegistry::set_parked(std::uint64_t id, bool parked) {
  MutexLock lock(mutex_);
  if (auto at = running_.find(id); at != running_.end()) at->second.parked = parked;
}

void OperationRegistry::remove(std::uint64_t id) {
  MutexLock lock(mutex_);
  running_.erase(id);
}

bool OperationRegistry::kill(std::uint64_t id) {
  MutexLock lock(mutex_);
  const auto at = running_.find(id);
  if (at == running_.end()) return false;
  at->second.operation->interrupt(ErrorCode::Interrupted);
  return true;
}

void OperationRegistry::kill_sessions(const std::function<bool(const model::SessionId&)>& which) {
  MutexLock lock(mutex_);
  for (auto& [id, command] : running_) {
    if (command.session && which(*command.session))
      command.operation->interrupt(ErrorCode::Interrupted);
  }
}

void OperationRegistry::for_each(
    const std::function<void(std::uint64_t, const RunningCommand&)>& visit) const {
  MutexLock lock(mutex_);
  for (const auto& [id, command] : running_)
    visit(id, command);
}

std::size_t OperationRegistry::size() const {
  MutexLock lock(mutex_);
  return running_.size();
}

}  // namespace freshet::command
