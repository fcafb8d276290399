// SPDX-License-Identifier: Apache-2.0
// The two moments that readers can ask for: everything applied, and everything durable. Both are
// snapshots that the sequencer and the flusher publish, so every reader of a moment shares one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

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
  /// How many different snapshots readers keep.
  std::size_t kept() const { return kept_->load(); }

  Position applied() const { return Position(applied_.load(std::memory_order_acquire)); }
  Position visible() const { return Position(visible_.load(std::memory_order_acquire)); }

 private:
  struct Slot {
    SnapshotPtr snapshot;
    std::weak_ptr<const storage::Snapshot> handed_out;  // counted; gone when no reader has it
  };
  using Count = std::atomic<std::size_t>;

  SnapshotPtr counted(const SnapshotPtr& snapshot) REQUIRES(mutex_);

  const std::size_t kept_max_;
  std::atomic<std::uint64_t> applied_;
  std::atomic<std::uint64_t> visible_;
  // Shared with what was handed out, which may outlive this.
  const std::shared_ptr<Count> kept_ = std::make_shared<Count>(0);
  mutable Mutex mutex_;
  Slot latest_slot_ GUARDED_BY(mutex_);
  Slot visible_slot_ GUARDED_BY(mutex_);
};

}  // namespace freshet::commit
