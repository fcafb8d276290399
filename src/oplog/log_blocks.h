// SPDX-License-Identifier: Apache-2.0
// The log in blocks, shared by those who read it behind the hub's memory: what one has read, the
// next finds there, and the block ahead of a reader that goes on is read while it is at its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "storage/log_run.h"
#include "storage/store.h"

namespace freshet::oplog {

/// A block never changes: entries are immutable, and it covers only what was applied. Shared by the
/// cache, by readers and by those who keep one of its entries. After a cut of the log it may hold
/// what is gone: a reader whose position is still in the log never sees that.
using LogBlockPtr = std::shared_ptr<const storage::LogRun>;

/// What a reader wants. Requires: after < up_to, and that `up_to` is applied.
struct BlockRequest {
  storage::Position after;
  storage::Position up_to;    ///< what has to be read is read so far at most
  std::size_t bytes_max = 0;  ///< and so many bytes; a larger entry stands alone
};

struct LogBlocksStats {
  std::uint64_t loaded = 0;      ///< by readers, since start
  std::uint64_t shared = 0;      ///< taken by one more reader than the first, since start
  std::uint64_t read_ahead = 0;  ///< loaded before they were asked for, since start
  std::size_t blocks = 0;        ///< kept now
  std::size_t bytes = 0;
};

/// Thread-safe. One thread of its own, which sleeps while nobody reads on.
class LogBlocks {
 public:
  /// Shorter stretches are not kept where the log ended: it will have grown when they are asked for
  /// again.
  static constexpr std::size_t kKeptBytesMin = std::size_t{8} << 10;
  /// Read-ahead that waits; beyond it is dropped.
  static constexpr std::size_t kQueueMax = 64;

  /// Keeps `bytes_max` at most (0: nothing), the least recently used go first. Requires: `store`
  /// outlives this.
  LogBlocks(storage::Store& store, std::size_t bytes_max);
  /// Waits for the block that is read ahead just now.
  ~LogBlocks();
  LogBlocks(const LogBlocks&) = delete;
  LogBlocks& operator=(const LogBlocks&) = delete;

  storage::Store& store() const { return store_; }

  /// A block with after() <= request.after < through(); it may reach beyond `up_to`. Waits while
  /// somebody else reads it, for one block at most. Throws what the engine throws. `again`: this
  /// reader had it before.
  LogBlockPtr take(const BlockRequest& request, bool again = false);

  /// Sees to it that there will be such a block. Never waits.
  void read_ahead(const BlockRequest& request);

  LogBlocksStats stats() const;

 private:
  struct Kept {
    LogBlockPtr block;
    std::list<storage::Position>::iterator use;
    bool taken;  // false: read ahead, nobody had it yet
  };
  /// A block under way, and what became of it.
  struct Loading {
    bool done = false;
    LogBlockPtr block;  // null: reading failed
  };
  using LoadingPtr = std::shared_ptr<Loading>;  // of who loads and of those who wait for it
  class Load;

  bool is_there(storage::Position after) const REQUIRES(mutex_);
  LogBlockPtr find(storage::Position after, bool again) REQUIRES(mutex_);
  LoadingPtr begin_load(BlockRequest& request) REQUIRES(mutex_);
  LogBlockPtr load(const BlockRequest& request, Loading& loading, bool taken);
  void keep(LogBlockPtr block, bool taken) REQUIRES(mutex_);
  void run_ahead();
  std::optional<BlockRequest> next_ahead();

  storage::Store& store_;
  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  CondVar loaded_;  // a block under way is done
  CondVar queued_;  // there is something to read ahead, or it is over
  // Blocks and what is under way; blocks do not overlap.
  std::map<storage::Position, Kept> kept_ GUARDED_BY(mutex_);  // by through()
  std::list<storage::Position> uses_ GUARDED_BY(mutex_);       // the same keys, latest use first
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::map<storage::Position, LoadingPtr> loading_ GUARDED_BY(mutex_);  // by after()
  std::deque<BlockRequest> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::uint64_t loads_ GUARDED_BY(mutex_) = 0;
  std::uint64_t shared_ GUARDED_BY(mutex_) = 0;
  std::uint64_t read_ahead_ GUARDED_BY(mutex_) = 0;
  std::thread ahead_;
};

}  // namespace freshet::oplog
