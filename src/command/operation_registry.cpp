// SPDX-License-Identifier: Apache-2.0
#include "command/operation_registry.h"

#include <utility>
#include <vector>

namespace freshet::command {

void OperationRegistry::add(std::uint64_t id, RunningCommand command) {
  Stripe& stripe = stripe_of(id);
  MutexLock lock(stripe.mutex);
  stripe.running.emplace(id, std::move(command));
}

void OperationRegistry::set_parked(std::uint64_t id, WakerPtr waker) {
  Stripe& stripe = stripe_of(id);
  WakerPtr killed;
  {
    MutexLock lock(stripe.mutex);
    const auto at = stripe.running.find(id);
    if (at == stripe.running.end()) return;
    if (at->second.operation->interrupted()) killed = waker;
    at->second.parked = std::move(waker);
  }
  if (killed) killed->wake();
}

void OperationRegistry::remove(std::uint64_t id) {
  Stripe& stripe = stripe_of(id);
  MutexLock lock(stripe.mutex);
  stripe.running.erase(id);
}

WakerPtr OperationRegistry::interrupt(RunningCommand& command, ErrorCode code) {
  command.operation->interrupt(code);
  return command.parked;
}

bool OperationRegistry::kill(std::uint64_t id) {
  Stripe& stripe = stripe_of(id);
  WakerPtr parked;
  {
    MutexLock lock(stripe.mutex);
    const auto at = stripe.running.find(id);
    if (at == stripe.running.end()) return false;
    parked = interrupt(at->second, ErrorCode::Interrupted);
  }
  if (parked) parked->wake();
  return true;
}

void OperationRegistry::kill_sessions(const std::function<bool(const model::SessionId&)>& which) {
  interrupt_if(ErrorCode::Interrupted, [&](std::uint64_t, const RunningCommand& command) {
    return command.session && which(*command.session);
  });
}

void OperationRegistry::interrupt_if(
    ErrorCode code, const std::function<bool(std::uint64_t, const RunningCommand&)>& which) {
  std::vector<WakerPtr> parked;
  for (Stripe& stripe : stripes_) {
    MutexLock lock(stripe.mutex);
    for (auto& [id, command] : stripe.running) {
      if (which(id, command)) parked.push_back(interrupt(command, code));
    }
  }
  for (const WakerPtr& waker : parked) {
    if (waker) waker->wake();
  }
}

void OperationRegistry::for_each(
    const std::function<void(std::uint64_t, const RunningCommand&)>& visit) const {
  for (const Stripe& stripe : stripes_) {
    MutexLock lock(stripe.mutex);
    for (const auto& [id, command] : stripe.running)
      visit(id, command);
  }
}

std::size_t OperationRegistry::size() const {
  std::size_t size = 0;
  for (const Stripe& stripe : stripes_) {
    MutexLock lock(stripe.mutex);
    size += stripe.running.size();
  }
  return size;
}

}  // namespace freshet::command
