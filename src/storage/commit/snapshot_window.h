// SPDX-License-Identifier: Apache-2.0
// Snapshots that can be asked for by time: those whose time was handed out stay for a while.
#pragma once

#include <cstdint>
#include <map>

#include "base/clock.h"
#include "base/mutex.h"
#include "storage/commit/read_points.h"
#include "storage/store.h"

namespace freshet::commit {

/// Thread-safe.
class SnapshotWindow {
 public:
  /// Requires: `store` and `clock` outlive this.
  SnapshotWindow(storage::Store& store, const Clock& clock, Milliseconds window)
      : store_(store), clock_(clock), window_(window) {}

  /// Keeps `snapshot` for the window from now on.
  void pin(const SnapshotPtr& snapshot);

  /// What was true at `at` exactly: the newest kept snapshot, or one of the two given, that is not
  /// behind it and has no commit between itself and `at`. Null when there is none such.
  SnapshotPtr at(Position at, const SnapshotPtr& visible, const SnapshotPtr& latest);

  /// Lets go what is older than the window. Called now and then.
  void expire();
  std::size_t size() const;

 private:
  struct Pin {
    SnapshotPtr snapshot;
    SteadyTime until;
  };
  using Pins = std::map<std::uint64_t, Pin>;

  bool shows(const storage::Snapshot& snapshot, Position at) const;

  storage::Store& store_;
  const Clock& clock_;
  const Milliseconds window_;
  mutable Mutex mutex_;
  Pins pins_ GUARDED_BY(mutex_);  // by position
};

}  // namespace freshet::commit
