// SPDX-License-Identifier: Apache-2.0
// How far a stream has come in the log, in the hub's memory or behind it.
#include "stream/change_stream.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/operation.h"
#include "oplog/reader.h"
#include "stream/change.h"

namespace freshet::stream {
namespace {

/// Entries of others that are passed over before an interrupt is looked for.
constexpr std::size_t kExamineMax = 256;

oplog::LogScope log_scope_of(const Scope& scope) {
  switch (scope.level()) {
    case Scope::Level::Collection:
      return oplog::LogScope::collection(scope.ns());
    case Scope::Level::Database:
      return oplog::LogScope::database(scope.ns().db);
    case Scope::Level::Cluster:
    case Scope::Level::Log:
      break;
  }
  return oplog::LogScope::all();
}

storage::Position before(storage::Position position) {
  return storage::Position(position.is_zero() ? 0 : position.value() - 1);
}

storage::Position behind(storage::Position position) {
  return position == storage::Position::max() ? position : storage::Position(position.value() + 1);
}

}  // namespace

ChangeStream::ChangeStream(const StreamServices& services,
                           std::unique_ptr<Subscription> subscription)
    : services_(services),
      subscription_(std::move(subscription)),
      opened_(services.clock.steady()),
      visible_at_open_(services.hub.visible()) {}

ChangeStream::~ChangeStream() {
  services_.counters.note_closed(
      std::chrono::duration_cast<Milliseconds>(services_.clock.steady() - opened_));
}

StreamFill ChangeStream::fill(EventSink& sink, Operation& op) {
  if (closed_) return StreamFill::Closed;
  const StreamFill result = advance(sink, op);
  note_handed_out();
  return result;
}

StreamFill ChangeStream::advance(EventSink& sink, Operation& op) {
  if (closed_) return StreamFill::Closed;
  handed_out_ = 0;
  return run(sink, op);
}

void ChangeStream::note_handed_out() {
  StreamCounters& counters = services_.counters;
  counters.batches.add();
  counters.events.add(events_ - counted_.events);
  counters.event_bytes.add(event_bytes_ - counted_.event_bytes);
  counters.entries_examined.add(examined_ - counted_.examined);
  counters.entry_bytes_read.add(bytes_read_ - counted_.bytes_read);
  counted_ = {events_, event_bytes_, examined_, bytes_read_};
  subscription_->note_progress({.position = position_, .events = events_, .bytes = event_bytes_});
}

StreamFill ChangeStream::run(EventSink& sink, Operation& op) {
  if (sink.full() || (gap_from_ && !emit_gap(sink))) return StreamFill::Full;
  if (pending_ && !drain(sink, op)) return stopped();
  while (!sink.full()) {
    op.check();
    Taken taken = subscription_->take(position_);
    position_ = std::max(position_, taken.from);
    shared_ = taken.shared;
    if (taken.behind) {
      require_history(position_);
      if (gap_from_ && !emit_gap(sink)) return StreamFill::Full;
      // As far as is visible, which may be further than the hub has told the feeds.
      const storage::Position up_to = std::max(taken.evaluated, services_.hub.visible());
      if (!read_log(up_to, sink, op)) return stopped();
      continue;
    }
    for (storage::LogRecordPtr& record : taken.records) {
      pending_.hold(std::move(record));
      if (!consume(sink, op)) return stopped();
    }
    if (taken.more) continue;
    position_ = std::max(position_, taken.evaluated);
    if (position_ >= visible_at_open_) return StreamFill::WouldWait;
    // The dispatcher is not that far yet, but who opened the stream may have been told of it.
    if (!read_log(visible_at_open_, sink, op)) return stopped();
  }
  return StreamFill::Full;
}

// False when the batch is full or the stream closed before all was read.
bool ChangeStream::read_log(storage::Position up_to, EventSink& sink, Operation& op) {
  const storage::Position from = position_;
  oplog::LogReader reader(services_.log_blocks, pace_, log_scope_of(definition().scope()),
                          position_, up_to);
  bool all_read = true;
  while (all_read) {
    op.check();
    if (sink.full()) {
      all_read = false;
      break;
    }
    if (const std::optional<oplog::LogEntry> entry = reader.next(kExamineMax)) {
      pending_.hold(*entry, reader.block());
      all_read = consume(sink, op);
    } else if (reader.at_end()) {
      break;
    }
  }
  pending_.part_from_block();
  // Had entries been dropped under the reader, it would have passed over the gap without a word.
  check_history(from);
  if (all_read) position_ = std::max(position_, up_to);
  return all_read;
}

// Begins with the pending entry. False as drain().
bool ChangeStream::consume(EventSink& sink, Operation& op) {
  ++examined_;
  bytes_read_ += pending_.bytes().size();
  position_ = std::max(position_, before(pending_.position()));
  next_index_ = 0;
  return drain(sink, op);
}

// Hands out what is left of the pending entry. False when the batch is full or the stream closed.
bool ChangeStream::drain(EventSink& sink, Operation& op) {
  const oplog::EntryView entry = oplog::EntryView::parse(pending_.bytes());
  ChangeReader changes(entry);
  while (const std::optional<Change> change = changes.next()) {
    if (change->index < next_index_) continue;
    if (!definition().concerned(*change) || !definition().may_pass(*change)) {
      next_fragment_ = 0;
      continue;
    }
    if (sink.full()) return false;
    if (!invalidate_due_ && !emit(*change, sink, op)) return false;
    if (invalidates(definition().scope(), *change)) {
      invalidate_due_ = true;
      if (emit_invalidate(*change, sink, op)) closed_ = true;
      return false;
    }
    next_index_ = change->index + 1;
    next_fragment_ = 0;
  }
  position_ = std::max(position_, pending_.position());
  pending_.let_go();
  return true;
}

void ChangeStream::subscribe(const WakerPtr& waker) {
  if (pending_ || closed_ || gap_from_) {
    waker->wake();
  } else {
    subscription_->wait(position_, waker);
  }
}

model::ResumeToken ChangeStream::post_batch_token() const {
  if (last_token_ && last_token_->time >= position_) return *last_token_;
  // A high-water mark sorts before the events of its time: this one says that all up to and
  // including position_ is done.
  return model::ResumeToken::high_water_mark(behind(position_));
}

bool ChangeStream::is_behind() const {
  return subscription_->is_behind(position_);
}

}  // namespace freshet::stream
