// SPDX-License-Identifier: Apache-2.0
// The recent entries of the log, in memory: what the hub hands to streams that keep up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "storage/store.h"

namespace freshet::stream {

using storage::Position;

/// Entries are numbered in the order they came. Bounded in bytes: the oldest go first, whether they
/// were dispatched or not. Thread-safe; one thread dispatches.
class Ring {
 public:
  Ring(std::size_t bytes_max, Position visible) : bytes_max_(bytes_max), visible_(visible) {}

  /// Appends what became visible; everything up to `visible` is now. Only remembers the position
  /// while nobody listens. Never waits for a reader.
  void append(const std::vector<storage::LogRecordPtr>& records, Position visible);

  Position visible() const;

  /// From now on entries are kept. Everything after the returned position will be dispatched.
  Position listen();
  /// Forgets all entries and keeps none until the next listen().
  void unlisten();

  /// What there is to dispatch.
  struct Chunk {
    std::uint64_t first = 0;  ///< number of the first record
    std::vector<storage::LogRecordPtr> records;
    /// Entries up to here were lost before they could be dispatched.
    std::optional<Position> lost;
  };
  /// Waits for entries that were not yet dispatched. False once close() was called.
  [[nodiscard]] bool next_chunk(Chunk& chunk);
  void close();

  /// The entries of these numbers (growing), up to the first that is gone or until `bytes_max` of
  /// them are there; at least one if the first is.
  std::vector<storage::LogRecordPtr> fetch(const std::vector<std::uint64_t>& numbers,
                                           std::size_t bytes_max) const;

  /// Number of the oldest entry there is, or of the next that comes.
  std::uint64_t first() const;
  std::size_t bytes() const;
  std::size_t entries() const;

 private:
  void drop_oldest() REQUIRES(mutex_);

  static constexpr std::size_t kChunkMax = 32;

  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  CondVar grown_;
  std::deque<storage::LogRecordPtr> records_ GUARDED_BY(mutex_);
  std::uint64_t first_ GUARDED_BY(mutex_) = 0;  // number of records_.front()
  std::uint64_t next_ GUARDED_BY(mutex_) = 0;   // number of the first that was not dispatched
  std::optional<Position> lost_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  Position visible_ GUARDED_BY(mutex_);
  bool listening_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace freshet::stream
