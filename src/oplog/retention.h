// SPDX-License-Identifier: Apache-2.0
// How much of the log is kept: by age in running time, by size, or both; never below what somebody
// still needs. Remembers the last position dropped: a token is lost only if it lies below that.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "storage/commit/commit_layer.h"
#include "storage/store.h"

namespace freshet::oplog {

/// Zero means no limit of that kind.
struct RetentionOptions {
  std::int64_t history_ms = 0;      ///< --history
  std::uint64_t history_bytes = 0;  ///< --history-size
};

/// Thread-safe; enforce() by one thread at a time.
class Retention {
 public:
  /// The lowest position still needed: entries above it are kept. Position max: nothing is.
  using LowestNeeded = std::function<storage::Position()>;

  static constexpr std::size_t kSamplesMax = 1'024;
  static constexpr std::size_t kEntriesPerCutMax = 200'000;  ///< looked at per cut by size

  /// Reads what was remembered. Requires: all references outlive this.
  Retention(storage::Store& store, commit::CommitLayer& commits, const Clock& clock,
            RetentionOptions options, LowestNeeded lowest_needed);

  /// Takes a sample of the running time and drops what the policy allows. A cut is announced (and
  /// written down) by one call and made by the next. Call about every second.
  void enforce();
  /// For tests: drops everything but the newest entry at once, whatever policy and streams say. Not
  /// beside enforce().
  void expire_now();

  /// Position of the newest entry that was dropped; zero when none was. Resuming after a position
  /// is possible iff it is at or above this.
  storage::Position last_dropped() const { return storage::Position(dropped_.load()); }

  void set_options(RetentionOptions options);
  RetentionOptions options() const;

 private:
  /// At this running time the log ended at this position.
  struct Sample {
    std::int64_t running_ms;
    std::uint64_t position;
  };
  std::int64_t running_ms() const;
  void load();
  void save() REQUIRES(mutex_);
  void take_sample(std::int64_t now_ms) REQUIRES(mutex_);
  std::uint64_t droppable_by_age(std::int64_t now_ms) const REQUIRES(mutex_);
  std::uint64_t droppable_by_size() REQUIRES(mutex_);

  storage::Store& store_;
  commit::CommitLayer& commits_;
  const Clock& clock_;
  LowestNeeded lowest_needed_;
  SteadyTime started_;
  std::int64_t running_before_ms_ = 0;  // running time of earlier starts
  std::atomic<std::uint64_t> dropped_{0};
  mutable Mutex mutex_;
  RetentionOptions options_ GUARDED_BY(mutex_);
  std::vector<Sample> samples_ GUARDED_BY(mutex_);
  std::uint64_t truncated_ GUARDED_BY(mutex_) = 0;  // up to here the engine was told
  // What was cut by size but the engine still counts; see droppable_by_size().
  std::uint64_t cut_bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t log_bytes_ GUARDED_BY(mutex_) = 0;
  std::int64_t cut_at_ms_ GUARDED_BY(mutex_) = 0;
};

/// The remembered last dropped position, out of Meta.
storage::Position read_last_dropped(const storage::Reader& reader);

}  // namespace freshet::oplog
