// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/commit_layer.h"

#include <atomic>
#include <utility>

#include "base/log.h"
#include "storage/commit/applied_mark.h"
#include "storage/commit/flusher.h"
#include "storage/commit/health.h"
#include "storage/commit/key_table.h"
#include "storage/commit/read_points.h"
#include "storage/commit/sequencer.h"
#include "storage/commit/snapshot_window.h"
#include "storage/commit/transaction_state.h"

namespace freshet::commit {
namespace {

FlusherOptions flusher_options(const CommitOptions& options) {
  return {.interval_streams_us = options.flush_interval_streams_us,
          .interval_idle_ms = options.flush_interval_idle_ms,
          .unflushed_bytes_max = options.unflushed_bytes_max,
          .durable_mark_path = options.durable_mark_path};
}

}  // namespace

// Destroyed from the bottom up: first who commits, then who flushes, then what they published.
struct CommitLayer::State {
  State(storage::Store& store, const Clock& clock, Logger& logger, const CommitOptions& options)
      : txn_bytes_max(options.txn_bytes_max),
        health(logger),
        points(store.snapshot(), store.traits().snapshots_max),
        applied_mark(options.applied_mark_path, boot_id(), extent_of(store)),
        flusher(store, clock, logger, points, health, flusher_options(options)),
        sequencer(store, clock, points, flusher, applied_mark, health,
                  {.group_commits_max = options.group_commits_max,
                   .group_bytes_max = options.group_bytes_max}),
        window(store, clock, Milliseconds(options.snapshot_window_ms)) {}

  const std::size_t txn_bytes_max;
  std::atomic<std::uint64_t> transactions{0};
  Health health;
  KeyTable keys;
  NewKeys new_keys;
  ReadPoints points;
  AppliedMark applied_mark;
  Flusher flusher;
  Sequencer sequencer;
  SnapshotWindow window;
};

CommitLayer::CommitLayer(storage::Store& store, const Clock& clock, Logger& logger,
                         CommitOptions options)
    : state_(std::make_unique<State>(store, clock, logger, options)) {}

CommitLayer::~CommitLayer() {
  stop();
}

Transaction CommitLayer::begin(ReadPoint point) {
  return begin(state_->points.hand_out(point));
}

Transaction CommitLayer::begin(std::shared_ptr<const storage::Snapshot> snapshot) {
  return Transaction(std::make_unique<TransactionState>(
      std::move(snapshot), state_->keys, state_->new_keys, state_->points, ++state_->transactions,
      state_->txn_bytes_max));
}

std::shared_ptr<const storage::Snapshot> CommitLayer::pin_visible() {
  SnapshotPtr snapshot = state_->points.hand_out(ReadPoint::Visible);
  state_->window.pin(snapshot);
  return snapshot;
}

std::shared_ptr<const storage::Snapshot> CommitLayer::snapshot_at(Position at) {
  return state_->window.at(at, state_->points.hand_out(ReadPoint::Visible),
                           state_->points.hand_out(ReadPoint::Latest));
}

void CommitLayer::expire_snapshots() {
  state_->window.expire();
}

std::size_t CommitLayer::snapshots_kept() const {
  return state_->points.kept();
}

std::shared_ptr<const storage::Snapshot> CommitLayer::snapshot(ReadPoint point) {
  return state_->points.hand_out(point);
}

CommitResult CommitLayer::commit(Transaction&& transaction, const Applied& applied,
                                 Grouping grouping) {
  const Transaction used = std::move(transaction);
  Sequencer::Job job{.transaction = *used.state_, .applied = applied, .grouping = grouping};
  state_->sequencer.enqueue(job);
  return state_->sequencer.finish(job);
}

struct QueuedCommit::State {
  State(Sequencer& where, Transaction&& what, TransactionState& inner, CommitLayer::Applied then,
        Grouping grouping)
      : sequencer(where),
        transaction(std::move(what)),
        applied(std::move(then)),
        job{.transaction = inner, .applied = applied, .grouping = grouping} {}

  Sequencer& sequencer;
  const Transaction transaction;
  const CommitLayer::Applied applied;
  Sequencer::Job job;
  bool finished = false;
};

QueuedCommit::QueuedCommit(std::unique_ptr<State> state) : state_(std::move(state)) {}

QueuedCommit::~QueuedCommit() {
  if (!state_->finished) static_cast<void>(finish());
}

CommitResult QueuedCommit::finish() {
  state_->finished = true;
  return state_->sequencer.finish(state_->job);
}

std::unique_ptr<QueuedCommit> CommitLayer::enqueue(Transaction&& transaction, Applied applied,
                                                   Grouping grouping) {
  TransactionState& inner = *transaction.state_;
  auto queued = std::make_unique<QueuedCommit::State>(state_->sequencer, std::move(transaction),
                                                      inner, std::move(applied), grouping);
  state_->sequencer.enqueue(queued->job);
  return std::unique_ptr<QueuedCommit>(new QueuedCommit(std::move(queued)));
}

void CommitLayer::wait_released(const std::string& conflict_key, WakerPtr waker) {
  state_->keys.wait(conflict_key, std::move(waker));
}

Position CommitLayer::applied() const {
  return state_->points.applied();
}
Position CommitLayer::visible() const {
  return state_->flusher.announced();
}

void CommitLayer::request_flush(Position position) {
  state_->flusher.request(position);
}

void CommitLayer::wait_visible(Position position, WakerPtr waker) {
  state_->flusher.wait(position, std::move(waker));
}

bool CommitLayer::has_room() const {
  return state_->flusher.has_room();
}
void CommitLayer::wait_room(WakerPtr waker) {
  state_->flusher.wait_room(std::move(waker));
}

void CommitLayer::set_stream_listeners(bool any) {
  state_->flusher.set_stream_listeners(any);
}

void CommitLayer::set_on_visible(OnVisible on_visible) {
  state_->flusher.set_on_visible(std::move(on_visible));
}

void CommitLayer::set_catalog_check(const CatalogCheck* check) {
  state_->sequencer.set_catalog_check(check);
}
void CommitLayer::set_group_observer(GroupObserver* observer) {
  state_->sequencer.set_group_observer(observer);
}

bool CommitLayer::accepting() const {
  return state_->health.accepting();
}

void CommitLayer::set_on_fatal(std::function<void(const std::string& why)> on_fatal) {
  state_->health.set_on_fatal(std::move(on_fatal));
}

void CommitLayer::stop() {
  state_->health.refuse();
  state_->sequencer.drain();
  state_->flusher.stop();
}

}  // namespace freshet::commit
