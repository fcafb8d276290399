// SPDX-License-Identifier: Apache-2.0
// The operations that run now: what $currentOp shows and killOp ends.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "base/operation.h"
#include "base/wait.h"
#include "bson/view.h"
#include "model/session_id.h"

namespace freshet::command {

/// What is known of a running command besides its Operation. What it points to lives until the
/// command is removed.
struct RunningCommand {
  Operation* operation = nullptr;
  std::string_view command_name;
  std::string ns;
  bson::View body;  ///< the command as sent, without document sequences
  std::optional<model::SessionId> session;
  WakerPtr parked;  ///< ends the wait it is in; null while it runs
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
  /// The command waits, and `waker` would end that; null: it runs again. One that was killed before
  /// is woken at once.
  void set_parked(std::uint64_t id, WakerPtr waker);
  void remove(std::uint64_t id);

  /// Interrupts the operation, and wakes it if it waits. False when there is no such operation.
  bool kill(std::uint64_t id);
  /// Kills what runs for these sessions.
  void kill_sessions(const std::function<bool(const model::SessionId&)>& which);
  /// Interrupts each operation that `which` accepts with `code`; it must not call back.
  void interrupt_if(ErrorCode code,
                    const std::function<bool(std::uint64_t, const RunningCommand&)>& which);
  /// Calls `visit` for each, in no order, under a lock: it must not call back.
  void for_each(const std::function<void(std::uint64_t, const RunningCommand&)>& visit) const;
  std::size_t size() const;

 private:
  /// Every command passes through here twice, so they are spread over several locks.
  struct alignas(64) Stripe {
    mutable Mutex mutex;
    std::unordered_map<std::uint64_t, RunningCommand> running GUARDED_BY(mutex);
  };
  static constexpr std::size_t kStripes = 16;

  Stripe& stripe_of(std::uint64_t id) { return stripes_[id % kStripes]; }
  static WakerPtr interrupt(RunningCommand& command, ErrorCode code);

  std::array<Stripe, kStripes> stripes_;
  std::atomic<std::uint64_t> next_id_{1};
  std::atomic<std::uint32_t> next_request_id_{1};
};

}  // namespace freshet::command
