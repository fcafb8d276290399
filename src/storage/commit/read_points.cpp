// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/read_points.h"

#include <utility>

#include "base/error.h"
#include "base/invariant.h"

namespace freshet::commit {
namespace {

// Ours: the latest, the visible, the one being made durable, and one just being replaced.
constexpr std::size_t kOwnSnapshots = 4;

}  // namespace

ReadPoints::ReadPoints(SnapshotPtr start, std::size_t snapshots_max)
    : kept_max_(snapshots_max - kOwnSnapshots),
      applied_(start->position().value()),
      visible_(start->position().value()) {
  invariant(snapshots_max > kOwnSnapshots, "an engine can have more snapshots than we keep");
  latest_slot_.snapshot = start;
  visible_slot_.snapshot = std::move(start);
}

void ReadPoints::publish_latest(SnapshotPtr snapshot) {
  const std::uint64_t position = snapshot->position().value();
  Slot slot{std::move(snapshot)};  // the one before goes after the lock
  MutexLock lock(mutex_);
  std::swap(latest_slot_, slot);
  applied_.store(position, std::memory_order_release);
}

void ReadPoints::publish_visible(SnapshotPtr snapshot) {
  const std::uint64_t position = snapshot->position().value();
  Slot slot{std::move(snapshot)};
  MutexLock lock(mutex_);
  std::swap(visible_slot_, slot);
  visible_.store(position, std::memory_order_release);
}

SnapshotPtr ReadPoints::hand_out(ReadPoint point) {
  MutexLock lock(mutex_);
  Slot& slot = point == ReadPoint::Latest ? latest_slot_ : visible_slot_;
  if (SnapshotPtr before = slot.handed_out.lock()) return before;
  SnapshotPtr handle = counted(slot.snapshot);
  slot.handed_out = handle;
  return handle;
}

// A handle of its own, so that the last reader to let it go is noticed without a list of them.
SnapshotPtr ReadPoints::counted(const SnapshotPtr& snapshot) {
  if (kept_->load() >= kept_max_) {
    raise(ErrorCode::SnapshotUnavailable,
          "{} different snapshots are being read, which is the most there can be", kept_max_);
  }
  kept_->fetch_add(1);
  return {snapshot.get(), [kept = kept_, held = snapshot](const storage::Snapshot*) mutable {
            held.reset();
            kept->fetch_sub(1);
          }};
}

SnapshotPtr ReadPoints::latest() const {
  MutexLock lock(mutex_);
  return latest_slot_.snapshot;
}

}  // namespace freshet::commit
