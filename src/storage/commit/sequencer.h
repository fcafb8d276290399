// SPDX-License-Identifier: Apache-2.0
// Gives commits their order. Whoever wants its commit finished while nobody leads does so: it merges
// the write sets waiting at that moment into one group, gives positions, has the engine apply it,
// publishes, and gives the lead up. Group order = log order = engine order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "storage/commit/applied_mark.h"
#include "storage/commit/commit_layer.h"
#include "storage/commit/flusher.h"
#include "storage/commit/health.h"
#include "storage/commit/key_table.h"
#include "storage/commit/position_clock.h"
#include "storage/commit/read_points.h"
#include "storage/commit/transaction_state.h"
#include "storage/store.h"

namespace freshet::commit {

struct SequencerOptions {
  std::size_t group_commits_max = 256;
  std::size_t group_bytes_max = std::size_t{4} << 20;
};

/// Thread-safe.
class Sequencer {
 public:
  using Applied = CommitLayer::Applied;

  Sequencer(storage::Store& store, const Clock& clock, ReadPoints& points, Flusher& flusher,
            AppliedMark& applied_mark, Health& health, SequencerOptions options);

  /// One commit between enqueue() and finish(); stays where it is meanwhile.
  struct Job {
    TransactionState& transaction;
    const Applied& applied;
    Grouping grouping;
    CommitResult result{CommitStatus::NotAccepting, {}};
    std::vector<Position> positions;
    bool merged = false;   // into the group
    bool waiting = false;  // in finish(), on `woken`
    bool done = false;
    CondVar woken;
  };

  /// Puts it behind those that wait. finish() must follow, whatever happens.
  void enqueue(Job& job);
  /// Returns when applied or refused; keys are released in the first case.
  CommitResult finish(Job& job);
  /// Returns when everything that was in here has come out. Once Health refuses.
  void drain();
  void set_catalog_check(const CatalogCheck* check);
  void set_group_observer(GroupObserver* observer);

 private:
  void lead() REQUIRES(mutex_);
  std::vector<Job*> next_jobs() REQUIRES(mutex_);
  void run(const std::vector<Job*>& jobs);
  bool stale(const Job& job) const;
  void merge(Job& job, storage::CommitGroup& group);
  storage::ApplyOutcome apply(const storage::CommitGroup& group);
  void publish(const std::vector<Job*>& jobs, const storage::CommitGroup& group);
  void refuse(const std::vector<Job*>& jobs, CommitStatus status);

  storage::Store& store_;
  const Clock& clock_;
  ReadPoints& points_;
  Flusher& flusher_;
  AppliedMark& applied_mark_;
  Health& health_;
  const SequencerOptions options_;

  Mutex mutex_;
  CondVar idle_;
  std::deque<Job*> queue_ GUARDED_BY(mutex_);
  bool led_ GUARDED_BY(mutex_) = false;

  // The leader's alone.
  PositionClock positions_;
  Position last_position_;
  std::uint64_t last_sequence_;
  const CatalogCheck* catalog_check_ = nullptr;
  GroupObserver* observer_ = nullptr;
};

}  // namespace freshet::commit
