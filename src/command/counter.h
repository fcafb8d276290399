// SPDX-License-Identifier: Apache-2.0
// A number that is counted up by many threads. Relaxed: cheap to add to, read without a lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace freshet::command {

class Counter {
 public:
  void add(std::int64_t by = 1) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace freshet::command
