// SPDX-License-Identifier: Apache-2.0
// Time enters the program only here, so that tests can hold it still.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace freshet {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Source of wall and steady time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since the Unix epoch; may jump either way when somebody sets the machine's clock.
  virtual std::int64_t wall_ms() const = 0;
  /// Never goes back; for deadlines and durations.
  virtual SteadyTime steady() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  std::int64_t wall_ms() const override;
  SteadyTime steady() const override;
};

/// A clock that stands still until it is told otherwise.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_ms = 1'700'000'000'000) : wall_ms_(wall_ms) {}
  std::int64_t wall_ms() const override { return wall_ms_.load(); }
  SteadyTime steady() const override {
    return SteadyTime(std::chrono::milliseconds(steady_ms_.load()));
  }
  /// Moves both clocks forward.
  void advance(Milliseconds by) {
    wall_ms_ += by.count();
    steady_ms_ += by.count();
  }
  /// Sets the wall clock alone, back or forward.
  void set_wall_ms(std::int64_t wall_ms) { wall_ms_ = wall_ms; }

 private:
  std::atomic<std::int64_t> wall_ms_;
  std::atomic<std::int64_t> steady_ms_{1'000'000};
};

}  // namespace freshet
