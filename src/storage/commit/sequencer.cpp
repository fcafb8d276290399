// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/sequencer.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "base/bytes.h"

namespace freshet::commit {

using storage::ApplyOutcome;
using storage::CommitGroup;

namespace {

std::uint64_t wall_seconds(const Clock& clock) {
  const std::int64_t now = clock.wall_ms();
  return now < 0 ? 0 : static_cast<std::uint64_t>(now) / 1000;
}

const char* why_failed(ApplyOutcome outcome) {
  switch (outcome) {
    case ApplyOutcome::NotPrimary:
      return "another server writes to this store now";
    case ApplyOutcome::Unknown:
      return "the connection to the store was lost in a commit";
    default:
      return "a write to the store failed";
  }
}

}  // namespace

Sequencer::Sequencer(storage::Store& store, const Clock& clock, ReadPoints& points,
                     Flusher& flusher, AppliedMark& applied_mark, Health& health,
                     SequencerOptions options)
    : store_(store),
      clock_(clock),
      points_(points),
      flusher_(flusher),
      applied_mark_(applied_mark),
      health_(health),
      options_(options),
      positions_(store.last_position(), wall_seconds(clock)),
      last_position_(store.last_position()),
      last_sequence_(store.last_sequence()) {}

void Sequencer::set_catalog_check(const CatalogCheck* check) {
  catalog_check_ = check;
}

void Sequencer::set_group_observer(GroupObserver* observer) {
  observer_ = observer;
}

void Sequencer::enqueue(Job& job) {
  const MutexLock lock(mutex_);
  if (health_.accepting()) {
    queue_.push_back(&job);
  } else {
    job.result = {CommitStatus::NotAccepting, points_.applied()};
    job.done = true;
  }
}

CommitResult Sequencer::finish(Job& job) {
  const MutexLock lock(mutex_);
  while (!job.done) {
    if (!led_) {
      lead();
      continue;
    }
    job.waiting = true;
    job.woken.wait(mutex_);
    job.waiting = false;
  }
  return job.result;
}

// One group. The lock is given up while the engine works.
void Sequencer::lead() {
  led_ = true;
  const std::vector<Job*> jobs = next_jobs();
  mutex_.unlock();
  run(jobs);
  mutex_.lock();
  for (Job* job : jobs) {
    job->done = true;
    if (job->waiting) job->woken.notify_one();
  }
  led_ = false;
  if (queue_.empty()) return idle_.notify_all();
  // Those whose owners are not here yet wait for them or for the next leader.
  const auto next =
      std::find_if(queue_.begin(), queue_.end(), [](Job* job) { return job->waiting; });
  if (next != queue_.end()) (*next)->woken.notify_one();
}

void Sequencer::drain() {
  const MutexLock lock(mutex_);
  while (led_ || !queue_.empty()) {
    if (led_) {
      idle_.wait(mutex_);
    } else {
      lead();
    }
  }
}

// The group: bounded by count and bytes. A commit that publishes something when applied is the last
// of its group, so that those behind it are checked against what it published.
std::vector<Sequencer::Job*> Sequencer::next_jobs() {
  std::vector<Job*> jobs;
  std::size_t bytes = 0;
  while (!queue_.empty() && jobs.size() < options_.group_commits_max) {
    Job* job = queue_.front();
    bytes += job->transaction.writes.bytes();
    if (!jobs.empty() && bytes > options_.group_bytes_max) break;
    jobs.push_back(job);
    queue_.pop_front();
    if (job->applied && job->grouping == Grouping::Last) break;
  }
  return jobs;
}

void Sequencer::run(const std::vector<Job*>& jobs) {
  if (health_.failed()) return;  // results say NotAccepting
  flusher_.wait_for_room();
  const PositionClock positions_before = positions_;
  const Position position_before = last_position_;
  CommitGroup group;
  for (Job* job : jobs) {
    if (stale(*job)) {
      job->result = {CommitStatus::StaleCatalog, position_before};
    } else {
      merge(*job, group);
    }
  }
  group.position = last_position_;
  group.sequence = last_sequence_ + 1;
  const bool nothing = group.changes.empty() && group.log.empty();
  if (observer_ != nullptr && !nothing) observer_->prepare(group);
  const ApplyOutcome outcome = nothing ? ApplyOutcome::Applied : apply(group);
  if (outcome == ApplyOutcome::Applied) {
    if (!nothing) {
      last_sequence_ = group.sequence;
      applied_mark_.write({group.position, group.sequence});  // before anybody is told
    }
    publish(jobs, group);
    return;
  }
  if (observer_ != nullptr) observer_->refused();
  positions_ = positions_before;
  last_position_ = position_before;
  if (outcome == ApplyOutcome::NoSpace) {
    refuse(jobs, CommitStatus::NoSpace);
    return;
  }
  refuse(jobs,
         outcome == ApplyOutcome::Unknown ? CommitStatus::Unknown : CommitStatus::NotAccepting);
  health_.fail(why_failed(outcome));
  flusher_.engine_failed();
}

bool Sequencer::stale(const Job& job) const {
  if (catalog_check_ == nullptr) return false;
  for (const CatalogDependency& dependency : job.transaction.dependencies) {
    if (!catalog_check_->current(dependency)) return true;
  }
  return false;
}

// Positions are given here, and written into the entries.
void Sequencer::merge(Job& job, CommitGroup& group) {
  job.merged = true;
  const std::uint64_t now = wall_seconds(clock_);
  for (PendingEntry& entry : job.transaction.writes.take_entries()) {
    if (entry.previous_offset != 0 && !job.positions.empty()) {
      store_le(entry.bytes.data() + entry.previous_offset, job.positions.back().value());
    }
    last_position_ = positions_.next(now);
    store_le(entry.bytes.data() + PendingEntry::kTimestampOffset, last_position_.value());
    auto record = std::make_shared<storage::LogRecord>();
    record->position = last_position_;
    record->bytes = std::move(entry.bytes);
    group.log.push_back(std::move(record));
    job.positions.push_back(last_position_);
  }
  auto changes = job.transaction.writes.take_changes();
  if (group.changes.empty()) {
    group.changes = std::move(changes);
  } else {
    group.changes.insert(group.changes.end(), std::make_move_iterator(changes.begin()),
                         std::make_move_iterator(changes.end()));
  }
  job.result = {CommitStatus::Committed, last_position_};
}

ApplyOutcome Sequencer::apply(const CommitGroup& group) {
  try {
    return store_.apply(group);
  } catch (const std::exception&) {
    return ApplyOutcome::Failed;
  }
}

void Sequencer::publish(const std::vector<Job*>& jobs, const CommitGroup& group) {
  for (Job* job : jobs) {
    if (job->merged && job->applied) job->applied(job->positions, job->result.position);
  }
  if (!group.changes.empty() || !group.log.empty()) {
    SnapshotPtr snapshot;
    try {
      snapshot = store_.snapshot();
    } catch (const std::exception& error) {
      refuse(jobs, CommitStatus::Unknown);  // applied, and nobody can be shown it
      health_.fail(error.what());
      flusher_.engine_failed();
      return;
    }
    points_.publish_latest(snapshot);
    flusher_.applied(group.log, std::move(snapshot));
  }
  for (Job* job : jobs) {
    if (job->merged) job->transaction.release(last_sequence_);
  }
}

// Positions that were given to what was refused are given again.
void Sequencer::refuse(const std::vector<Job*>& jobs, CommitStatus status) {
  for (Job* job : jobs) {
    if (job->merged) job->result = {status, points_.applied()};
  }
}

}  // namespace freshet::commit
