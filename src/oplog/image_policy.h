// SPDX-License-Identifier: Apache-2.0
// How long the pre-images in the log may be shown: the cluster parameter changeStreamOptions. An
// image that is too old is hidden at once, and goes with its entry.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/mutex.h"
#include "model/cluster_time.h"
#include "storage/commit/commit_layer.h"
#include "storage/store.h"

namespace freshet::oplog {

/// Thread-safe.
class ImagePolicy {
 public:
  /// Reads what was set last. Requires: `commits` outlives this.
  ImagePolicy(storage::Store& store, commit::CommitLayer& commits);

  /// Seconds after its change that an image is shown; nothing: as long as its entry is there.
  std::optional<std::int64_t> expire_after_seconds() const;
  /// When it was set; zero when it never was.
  model::ClusterTime changed_at() const { return model::ClusterTime(changed_at_.load()); }

  /// Counts at once, for the images there are too, and after a restart. Throws what a refused
  /// commit deserves.
  void set_expire_after_seconds(std::optional<std::int64_t> seconds);

 private:
  static constexpr std::int64_t kOff = -1;

  commit::CommitLayer& commits_;
  Mutex setting_;  // one at a time
  std::atomic<std::int64_t> seconds_{kOff};
  std::atomic<std::uint64_t> changed_at_{0};
};

}  // namespace freshet::oplog
