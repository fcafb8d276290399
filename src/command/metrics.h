// SPDX-License-Identifier: Apache-2.0
// What serverStatus counts. Relaxed atomics: cheap to add, read together without a lock.
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

/// opcounters and metrics.document of serverStatus.
struct Metrics {
  Counter inserts, queries, updates, deletes, getmores, commands;
  Counter documents_inserted, documents_updated, documents_deleted, documents_returned;
  Counter write_conflicts;
  Counter asserts_user;
  Counter retried_commands, retried_statements;
};

}  // namespace freshet::command
