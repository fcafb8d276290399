// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/read_points.h"

#include <algorithm>
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
  if (!slot.counted) count(slot);
  return slot.snapshot;
}

void ReadPoints::count(Slot& slot) {
  const auto gone = [](const auto& kept) { return kept.expired(); };
  kept_.erase(std::remove_if(kept_.begin(), kept_.end(), gone), kept_.end());
  const auto same = [&slot](const auto& kept) { return kept.lock() == slot.snapshot; };
  if (std::none_of(kept_.begin(), kept_.end(), same)) {
    if (kept_.size() >= kept_max_) {
      raise(ErrorCode::SnapshotUnavailable,
            "{} different snapshots are being read, which is the most there can be", kept_max_);
    }
    kept_.push_back(slot.snapshot);
  }
  slot.counted = true;
}

SnapshotPtr ReadPoints::latest() const {
  MutexLock lock(mutex_);
  return latest_slot_.snapshot;
}

}  // namespace freshet::commit
