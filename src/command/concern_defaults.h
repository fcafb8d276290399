// SPDX-License-Identifier: Apache-2.0
// The read and write concern of commands that name none, where an operator has set them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/mutex.h"
#include "model/cluster_time.h"
#include "model/read_concern.h"
#include "model/write_concern.h"
#include "storage/commit/commit_layer.h"
#include "storage/store.h"

namespace freshet::command {

struct CommandContext;

/// Thread-safe.
class ConcernDefaults {
 public:
  struct Settings {
    std::optional<model::ReadConcern::Level> read;  ///< absent: local, as ever
    std::optional<model::WriteConcern> write;       ///< absent: majority, as ever
    model::ClusterTime changed_at;                  ///< zero: nobody ever set anything
    std::int64_t changed_wall_ms = 0;
  };

  /// Reads what was set last. Requires: `commits` outlives this.
  ConcernDefaults(storage::Store& store, commit::CommitLayer& commits);

  Settings settings() const;
  /// Lets `change` alter the two concerns and stores them; `wall_ms` is now. Counts for the commands
  /// that come from here on, and after a restart. Throws what `change` throws, and what a refused
  /// commit deserves; nothing has changed then.
  void update(const std::function<void(Settings&)>& change, std::int64_t wall_ms);

  /// Gives the command what it has not named itself. Costs one load while nothing is set.
  void apply(CommandContext& context) const;

 private:
  commit::CommitLayer& commits_;
  std::atomic<bool> any_{false};
  mutable Mutex mutex_;
  Settings settings_ GUARDED_BY(mutex_);
};

}  // namespace freshet::command
