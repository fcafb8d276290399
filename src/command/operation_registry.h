// SPDX-License-Identifier: Apache-2.0
// The operations that run now: what $currentOp shows and killOp ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/operation.h"
#include "base/wait.h"
#include "model/session_id.h"

namespace freshet::command {

/// What is known of a running command besides its Operation.
struct RunningCommand {
  Operation* operation = nullptr;
  std::string command_name;
  std::string ns;
  std::string body;  ///< the command as sent, without document sequences
  std::optional<model::SessionId> session;
  bool parked = false;
  WakerPtr waker = nullptr;  ///< of the wait while it is parked
};

/// Thread-safe.
class OperationRegistry {
 public:
  std::uint64_t next_id() { return next_id_.fetch_add(1, std::memory_order_relaxed); }
  /// For the headers of replies.
  std::int32_t next_request_id() {
    return static_cast<std::int32_t>(next_request_id_.fetch_add(1, std::memory_order_relaxed) &
                                     0x7fffffffU);
  }
  void add(std::uint64_t id, RunningCommand command);
  void set_running(std::uint64_t id);
  /// It waits from now on: whoever interrupts it wakes `waker`, at once when that was done already.
  void set_parked(std::uint64_t id, const WakerPtr& waker);
  void remove(std::uint64_t id);

  /// False when there is no such operation.
  bool kill(std::uint64_t id);
  /// Kills what runs for these sessions.
  void kill_sessions(const std::function<bool(const model::SessionId&)>& which);
  /// Interrupts each operation that `which` accepts with `code`; it must not call back.
  void interrupt_if(ErrorCode code,
                    const std::function<bool(std::uint64_t, const RunningCommand&)>& which);
  /// Calls `visit` for each, in id order, under the registry's lock: it must not call back.
  void for_each(const std::function<void(std::uint64_t, const RunningCommand&)>& visit) const;
  std::size_t size() const;

 private:
  mutable Mutex mutex_;
  std::map<std::uint64_t, RunningCommand> running_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> next_id_{1};
  std::atomic<std::uint32_t> next_request_id_{1};
};

}  // namespace freshet::command
