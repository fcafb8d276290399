// SPDX-License-Identifier: Apache-2.0
// The log of the memory engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "storage/log_run.h"
#include "storage/store.h"

namespace freshet::memory {

/// Records in order of position. Thread-safe.
class MemoryLog {
 public:
  void append(const std::vector<storage::LogRecordPtr>& records);
  void truncate_before(storage::Position before);

  /// The first record behind `after`, the last one ahead of `before`; null when there is none.
  storage::LogRecordPtr first_after(storage::Position after) const;
  storage::LogRecordPtr last_before(storage::Position before) const;
  /// As storage::Store::read_log_run() says.
  storage::LogRun run(storage::Position after, storage::Position up_to,
                      std::size_t bytes_max) const;
  std::optional<storage::Position> first_position() const;
  std::uint64_t bytes() const;

 private:
  mutable Mutex mutex_;
  std::deque<storage::LogRecordPtr> records_ GUARDED_BY(mutex_);
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
};

/// Cursors over `log`, which outlives them.
std::unique_ptr<storage::LogCursor> read_forward(const MemoryLog& log, storage::Position after);
std::unique_ptr<storage::LogCursor> read_backward(const MemoryLog& log, storage::Position before);

}  // namespace freshet::memory
