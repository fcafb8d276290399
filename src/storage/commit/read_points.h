// SPDX-License-Identifier: Apache-2.0
// The two moments that readers can ask for: everything applied, and everything durable. Both are
// snapshots that the sequencer and the flusher publish, so every reader of a moment shares one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "storage/commit/transaction.h"
#include "storage/store.h"

namespace freshet::commit {

// Shared: readers keep a moment after the next one was published.
using SnapshotPtr = std::shared_ptr<const storage::Snapshot>;

/// Thread-safe.
class ReadPoints {
 public:
  /// Both points begin at `start`. Readers may keep so many different snapshots that the engine
  /// never has more than `snapshots_max` open.
  ReadPoints(SnapshotPtr start, std::size_t snapshots_max);

  void publish_latest(SnapshotPtr snapshot);
  void publish_visible(SnapshotPtr snapshot);

  /// A snapshot to read from for as long as one likes. Throws Error (SnapshotUnavailable) when too
  /// many different ones are kept.
  SnapshotPtr hand_out(ReadPoint point);
  /// The same for a short look.
  SnapshotPtr latest() const;

  Position applied() const { return Position(applied_.load(std::memory_order_acquire)); }
  Position visible() const { return Position(visible_.load(std::memory_order_acquire)); }

 private:
  struct Slot {
    SnapshotPtr snapshot;
    bool counted = false;  // among kept_
  };

  void count(Slot& slot) REQUIRES(mutex_);

  const std::size_t kept_max_;
  std::atomic<std::uint64_t> applied_;
  std::atomic<std::uint64_t> visible_;
  mutable Mutex mutex_;
  Slot latest_slot_ GUARDED_BY(mutex_);
  Slot visible_slot_ GUARDED_BY(mutex_);
  // Those handed out, perhaps gone by now.
  std::vector<std::weak_ptr<const storage::Snapshot>> kept_ GUARDED_BY(mutex_);
};

}  // namespace freshet::commit
