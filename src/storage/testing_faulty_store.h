// SPDX-License-Identifier: Apache-2.0
// A store that fails when told to, for tests of what stands above: the n-th apply or sync comes to
// something else than it should, and syncs and reads of the log can be held up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/mutex.h"
#include "storage/log_run.h"
#include "storage/store.h"

namespace freshet::storage {

/// Passes everything on to `inner`, which it borrows. Thread-safe.
class FaultyStore final : public Store {
 public:
  explicit FaultyStore(Store& inner) : inner_(inner) {}

  /// The `nth` apply from now on (1 is the next) has this outcome. `really` says whether the group
  /// is applied all the same.
  void fail_apply(int nth, ApplyOutcome outcome, bool really = false) {
    MutexLock lock(mutex_);
    apply_in_ = nth;
    apply_outcome_ = outcome;
    apply_really_ = really;
  }
  void fail_sync(int nth) {
    MutexLock lock(mutex_);
    sync_in_ = nth;
  }
  /// While held, sync() does not return.
  void hold_syncs(bool held) {
    MutexLock lock(mutex_);
    syncs_held_ = held;
    released_.notify_all();
  }
  /// While held, read_log_run() does not return.
  void hold_log_runs(bool held) {
    MutexLock lock(mutex_);
    log_runs_held_ = held;
    released_.notify_all();
  }
  void fail_log_run(int nth) {
    MutexLock lock(mutex_);
    log_run_in_ = nth;
  }
  int log_runs() const {
    MutexLock lock(mutex_);
    return log_runs_;
  }
  int applies() const {
    MutexLock lock(mutex_);
    return applies_;
  }
  int syncs() const {
    MutexLock lock(mutex_);
    return syncs_;
  }

  std::shared_ptr<const Snapshot> snapshot() override { return inner_.snapshot(); }

  ApplyOutcome apply(const CommitGroup& group) override {
    {
      MutexLock lock(mutex_);
      ++applies_;
      if (apply_in_ > 0 && --apply_in_ == 0) {
        if (apply_really_ && inner_.apply(group) != ApplyOutcome::Applied) {
          return ApplyOutcome::Failed;
        }
        return apply_outcome_;
      }
    }
    return inner_.apply(group);
  }

  SyncOutcome sync() override {
    {
      MutexLock lock(mutex_);
      ++syncs_;
      while (syncs_held_)
        released_.wait(mutex_);
      if (sync_in_ > 0 && --sync_in_ == 0) return SyncOutcome::Failed;
    }
    return inner_.sync();
  }

  std::unique_ptr<LogCursor> read_log(Position after) const override {
    return inner_.read_log(after);
  }
  LogRun read_log_run(Position after, Position up_to, std::size_t bytes_max) const override {
    {
      MutexLock lock(mutex_);
      ++log_runs_;
      while (log_runs_held_)
        released_.wait(mutex_);
      if (log_run_in_ > 0 && --log_run_in_ == 0) raise(ErrorCode::OperationFailed, "as asked for");
    }
    return inner_.read_log_run(after, up_to, bytes_max);
  }
  std::unique_ptr<LogCursor> read_log_backward(Position before) const override {
    return inner_.read_log_backward(before);
  }
  Position last_position() const override { return inner_.last_position(); }
  std::uint64_t last_sequence() const override { return inner_.last_sequence(); }
  std::optional<Position> first_log_position() const override {
    return inner_.first_log_position();
  }
  void drop_range(Space space, const KeyRange& range) override { inner_.drop_range(space, range); }
  void compact(Space space) override { inner_.compact(space); }
  void truncate_log_before(Position before) override { inner_.truncate_log_before(before); }
  std::uint64_t log_bytes() const override { return inner_.log_bytes(); }
  std::uint64_t total_bytes() const override { return inner_.total_bytes(); }
  std::uint64_t approximate_bytes(Space space, const KeyRange& range) const override {
    return inner_.approximate_bytes(space, range);
  }
  void backup(const std::string& directory) override { inner_.backup(directory); }
  const Traits& traits() const override { return inner_.traits(); }

 private:
  Store& inner_;
  mutable Mutex mutex_;
  mutable CondVar released_;
  bool log_runs_held_ GUARDED_BY(mutex_) = false;
  mutable int log_run_in_ GUARDED_BY(mutex_) = 0;
  mutable int log_runs_ GUARDED_BY(mutex_) = 0;
  int apply_in_ GUARDED_BY(mutex_) = 0;
  ApplyOutcome apply_outcome_ GUARDED_BY(mutex_) = ApplyOutcome::Failed;
  bool apply_really_ GUARDED_BY(mutex_) = false;
  int sync_in_ GUARDED_BY(mutex_) = 0;
  bool syncs_held_ GUARDED_BY(mutex_) = false;
  int applies_ GUARDED_BY(mutex_) = 0;
  int syncs_ GUARDED_BY(mutex_) = 0;
};

}  // namespace freshet::storage
