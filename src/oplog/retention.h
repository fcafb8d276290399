// SPDX-License-Identifier: Apache-2.0
// How much of the log is kept: by age in running time, by size, or both; longer where a collection
// asks for a minimum age or an open stream still reads. Remembers the last position dropped: a
// token is lost only if it lies below that.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "oplog/log_totals.h"
#include "storage/commit/commit_layer.h"
#include "storage/store.h"

namespace freshet::oplog {

/// Zero means no limit of that kind.
struct RetentionOptions {
  std::int64_t history_ms = 0;       ///< --history
  std::uint64_t history_bytes = 0;   ///< --history-size
  std::uint64_t hold_bytes_max = 0;  ///< how much beyond these open streams may hold; 0: any
};

/// The longest minimum age that a collection asks for.
struct MinimumAge {
  std::int64_t ms = 0;  ///< 0: none does
  std::string ns;       ///< which it is
};

/// Who else has a say in what is kept. Each may be empty, and is asked from any thread.
struct RetentionBounds {
  /// Entries above what it gives are needed to recover and never dropped. It is told how far the
  /// log could be cut, so that it can see to it that less is needed.
  std::function<storage::Position(storage::Position wanted)> recovery;
  /// The lowest position an open stream would go on from. Position max: nobody needs anything.
  std::function<storage::Position()> streams;
  std::function<MinimumAge()> minimum_age;
  /// Everything ever written; see PostingWriter::totals().
  std::function<LogTotals()> totals;
};

/// What there is of the log, and what it is kept for.
struct History {
  storage::Position dropped;  ///< newest position that is gone; zero: none is
  storage::Position first;    ///< oldest entry; zero: there is none
  storage::Position last;     ///< newest entry that is visible
  std::int64_t first_wall_ms = 0;
  std::int64_t last_wall_ms = 0;
  LogTotals held;                       ///< behind `dropped`
  MinimumAge minimum_age;               ///< of the collections
  std::uint64_t minimum_age_bytes = 0;  ///< kept for that alone
  std::uint64_t streams_bytes = 0;      ///< kept for open streams alone
};

/// Thread-safe; enforce() by one thread at a time.
class Retention {
 public:
  static constexpr std::size_t kSamplesMax = 1'024;

  /// Reads what was remembered. Requires: all references outlive this.
  Retention(storage::Store& store, commit::CommitLayer& commits, const Clock& clock,
            RetentionOptions options, RetentionBounds bounds);

  /// Takes a sample of the running time and drops what the policy allows. A cut is announced (and
  /// written down) by one call and made by the next. Call about every second.
  void enforce();
  /// For tests: drops everything but the newest entry at once, whatever policy and streams say. Not
  /// beside enforce().
  void expire_now();

  /// Position of the newest entry that was dropped; zero when none was. Resuming after a position
  /// is possible iff it is at or above this.
  storage::Position last_dropped() const { return storage::Position(dropped_.load()); }

  History history() const;
  /// In how many milliseconds an entry behind `position` will be dropped, as the log grows now and
  /// not counting what is held for open streams. Nothing when nothing lies behind it, or never.
  std::optional<std::int64_t> ms_to_loss(storage::Position position) const;

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
  void announce_cut(const storage::LogRecord& newest) REQUIRES(mutex_);
  void cut_what_was_announced() REQUIRES(mutex_);
  storage::Position choose_cut(std::int64_t now_ms) REQUIRES(mutex_);
  std::uint64_t droppable_by_age(std::int64_t now_ms, std::int64_t age_ms) const REQUIRES(mutex_);
  std::uint64_t droppable_by_size() const REQUIRES(mutex_);
  std::uint64_t bounded_by_streams(std::uint64_t droppable) REQUIRES(mutex_);
  std::uint64_t bytes_between(std::uint64_t low, std::uint64_t high) const;
  std::int64_t ms_until_old(storage::Position position, std::int64_t age_ms,
                            std::int64_t now_ms) const REQUIRES(mutex_);
  std::optional<std::int64_t> ms_until_crowded_out(storage::Position position,
                                                   std::int64_t now_ms) const REQUIRES(mutex_);

  storage::Store& store_;
  commit::CommitLayer& commits_;
  const Clock& clock_;
  const RetentionBounds bounds_;
  SteadyTime started_;
  std::int64_t running_before_ms_ = 0;  // running time of earlier starts
  std::atomic<std::uint64_t> dropped_{0};
  mutable Mutex mutex_;
  RetentionOptions options_ GUARDED_BY(mutex_);
  std::vector<Sample> samples_ GUARDED_BY(mutex_);
  std::optional<LogTotals> dropped_totals_ GUARDED_BY(mutex_);
  bool dropped_one_document_ GUARDED_BY(mutex_) = false;
  std::uint64_t truncated_ GUARDED_BY(mutex_) = 0;  // up to here the engine was told
  std::uint64_t minimum_age_bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t streams_bytes_ GUARDED_BY(mutex_) = 0;
};

/// The remembered last dropped position, out of Meta.
storage::Position read_last_dropped(const storage::Reader& reader);

}  // namespace freshet::oplog
