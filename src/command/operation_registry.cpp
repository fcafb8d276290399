// SPDX-License-Identifier: Apache-2.0
#include "command/operation_registry.h"

#include <vector>

namespace freshet::command {

void OperationRegistry::add(std::uint64_t id, RunningCommand command) {
  MutexLock lock(mutex_);
  running_.emplace(id, std::move(command));
}

void OperationRegistry::set_running(std::uint64_t id) {
  MutexLock lock(mutex_);
  const auto at = running_.find(id);
  if (at == running_.end()) return;
  at->second.parked = false;
  at->second.waker.reset();
}

void OperationRegistry::set_parked(std::uint64_t id, const WakerPtr& waker) {
  {
    MutexLock lock(mutex_);
    const auto at = running_.find(id);
    if (at == running_.end()) return;
    at->second.parked = true;
    at->second.waker = waker;
    if (!at->second.operation->interrupted()) return;
  }
  waker->wake();
}

void OperationRegistry::remove(std::uint64_t id) {
  MutexLock lock(mutex_);
  running_.erase(id);
}

bool OperationRegistry::kill(std::uint64_t id) {
  bool found = false;
  interrupt_if(ErrorCode::Interrupted, [&](std::uint64_t other, const RunningCommand&) {
    found = found || other == id;
    return other == id;
  });
  return found;
}

void OperationRegistry::kill_sessions(const std::function<bool(const model::SessionId&)>& which) {
  interrupt_if(ErrorCode::Interrupted, [&](std::uint64_t, const RunningCommand& command) {
    return command.session && which(*command.session);
  });
}

void OperationRegistry::interrupt_if(
    ErrorCode code, const std::function<bool(std::uint64_t, const RunningCommand&)>& which) {
  std::vector<WakerPtr> parked;
  {
    MutexLock lock(mutex_);
    for (auto& [id, command] : running_) {
      if (!which(id, command)) continue;
      command.operation->interrupt(code);
      if (command.waker) parked.push_back(command.waker);
    }
  }
  for (const WakerPtr& waker : parked)
    waker->wake();
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
