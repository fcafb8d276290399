// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/snapshot_window.h"

#include <utility>
#include <vector>

namespace freshet::commit {

void SnapshotWindow::pin(const SnapshotPtr& snapshot) {
  const SteadyTime until = clock_.steady() + window_;
  const MutexLock lock(mutex_);
  Pin& pin = pins_[snapshot->position().value()];
  if (!pin.snapshot) pin.snapshot = snapshot;
  pin.until = until;
}

// Commits are seen in the log: the first entry behind the snapshot tells how long it was the truth.
// What changes without an entry (bookkeeping, an index being filled) changes no answer.
bool SnapshotWindow::shows(const storage::Snapshot& snapshot, Position at) const {
  const Position position = snapshot.position();
  if (position > at) return false;
  if (position == at) return true;
  const auto next = store_.read_log(position)->next();
  if (next) {
    // Entries directly behind the snapshot may have been dropped since: then nobody knows.
    const auto first = store_.first_log_position();
    return next->position > at && first && *first <= position;
  }
  return true;
}

SnapshotPtr SnapshotWindow::at(Position at, const SnapshotPtr& visible, const SnapshotPtr& latest) {
  for (const SnapshotPtr& own : {visible, latest}) {
    if (shows(*own, at)) return own;
  }
  SnapshotPtr kept;
  {
    const MutexLock lock(mutex_);
    auto behind = pins_.upper_bound(at.value());
    if (behind == pins_.begin()) return nullptr;
    kept = std::prev(behind)->second.snapshot;
  }
  return shows(*kept, at) ? kept : nullptr;
}

void SnapshotWindow::expire() {
  const SteadyTime now = clock_.steady();
  std::vector<SnapshotPtr> expired;  // let go without the lock
  const MutexLock lock(mutex_);
  for (auto pin = pins_.begin(); pin != pins_.end();) {
    if (pin->second.until > now) {
      ++pin;
      continue;
    }
    expired.push_back(std::move(pin->second.snapshot));
    pin = pins_.erase(pin);
  }
}

std::size_t SnapshotWindow::size() const {
  const MutexLock lock(mutex_);
  return pins_.size();
}

}  // namespace freshet::commit
