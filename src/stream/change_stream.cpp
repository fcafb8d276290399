// SPDX-License-Identifier: Apache-2.0
#include "stream/change_stream.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/operation.h"
#include "oplog/reader.h"
#include "stream/change.h"
#include "stream/event.h"
#include "stream/split.h"
#include "stream/stream_error.h"

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

/// The stages must leave the token as it is: clients resume by it.
void check_id(const std::string& event, const model::ResumeToken& token) {
  const bson::Element id = bson::View(event)["_id"];
  if (id.is_document() && id.raw() == token.document()) return;
  raise_not_resumable(ErrorCode::ChangeStreamFatalError,
                      "a stage of the pipeline removed or changed the event's '_id', which is its "
                      "resume token");
}

}  // namespace

ChangeStream::ChangeStream(const StreamServices& services,
                           std::unique_ptr<Subscription> subscription)
    : services_(services), subscription_(std::move(subscription)) {}

ChangeStream::~ChangeStream() = default;

StreamFill ChangeStream::fill(EventSink& sink, Operation& op) {
  if (closed_) return StreamFill::Closed;
  const StreamFill result = run(sink, op);
  subscription_->note_needed(position_);
  return result;
}

StreamFill ChangeStream::run(EventSink& sink, Operation& op) {
  if (sink.full()) return StreamFill::Full;
  if (pending_ && !drain(sink, op)) return stopped();
  while (!sink.full()) {
    op.check();
    Taken taken = subscription_->take(position_);
    if (taken.behind) {
      if (!read_log(taken.evaluated, sink, op)) return stopped();
      continue;
    }
    shared_ = taken.shared;
    for (storage::LogRecordPtr& record : taken.records) {
      if (!consume(std::move(record), sink, op)) return stopped();
    }
    if (taken.more) continue;
    position_ = std::max(position_, taken.evaluated);
    return StreamFill::WouldWait;
  }
  return StreamFill::Full;
}

// False when the batch is full or the stream closed before all was read.
bool ChangeStream::read_log(storage::Position up_to, EventSink& sink, Operation& op) {
  const storage::Position from = position_;
  oplog::LogReader reader(services_.store, log_scope_of(definition().scope()), position_, up_to);
  bool all_read = true;
  shared_ = false;
  while (all_read) {
    op.check();
    std::optional<storage::LogRecord> record = reader.next(kExamineMax);
    if (record) {
      all_read = consume(std::make_shared<const storage::LogRecord>(std::move(*record)), sink, op);
    } else if (reader.at_end()) {
      break;
    }
  }
  // Had entries been dropped under the reader, it would have passed over the gap without a word.
  check_history(from);
  if (all_read) position_ = std::max(position_, up_to);
  return all_read;
}

bool ChangeStream::consume(storage::LogRecordPtr record, EventSink& sink, Operation& op) {
  position_ = std::max(position_, before(record->position));
  pending_ = std::move(record);
  next_index_ = 0;
  return drain(sink, op);
}

// Hands out what is left of the pending entry. False when the batch is full or the stream closed.
bool ChangeStream::drain(EventSink& sink, Operation& op) {
  const oplog::EntryView entry = oplog::EntryView::parse(pending_->bytes);
  ChangeReader changes(entry);
  while (const std::optional<Change> change = changes.next()) {
    if (change->index < next_index_) continue;
    if (!definition().concerned(*change)) {
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
  position_ = std::max(position_, pending_->position);
  pending_.reset();
  return true;
}

bool ChangeStream::emit(const Change& change, EventSink& sink, Operation& op) {
  op.check();
  return deliver(*encoded_event(change, op), token_of(change), sink);
}

bool ChangeStream::emit_invalidate(const Change& change, EventSink& sink, Operation& op) {
  const model::ResumeToken token = invalidate_token_of(change);
  if (sink.full()) return false;
  if (!deliver(run_stages(make_invalidate(change), token, op), token, sink)) return false;
  last_token_ = token;  // also when a stage dropped the event: the stream ends here
  return true;
}

// Built once for all streams of a definition that keep up, when nothing but the log goes into it.
EncodedEventPtr ChangeStream::encoded_event(const Change& change, Operation& op) {
  const bool shared = shared_ && !wants_lookup(change, definition().options());
  if (shared) {
    EncodedEventPtr found = subscription_->find_encoded(change.op.time, change.index);
    if (found) return found;
  }
  auto event = std::make_shared<const EncodedEvent>(build_event(change, op));
  if (shared) subscription_->keep_encoded(change.op.time, change.index, event);
  return event;
}

EncodedEvent ChangeStream::build_event(const Change& change, Operation& op) {
  const StreamOptions& options = definition().options();
  EventImages images = images_of(change, options);
  if (wants_lookup(change, options)) {
    const std::string key = document_key(change);
    auto found =
        services_.lookup.find({std::string(change.db), std::string(change.coll)}, change.op.uuid(),
                              options.match_uuid_for_update_lookup, bson::View(key), op);
    images.full_document = found ? bson::Value::document(std::move(*found)) : bson::Value::null();
  }
  return run_stages(make_event(change, options, images), token_of(change), op);
}

EncodedEvent ChangeStream::run_stages(std::string event, const model::ResumeToken& token,
                                      Operation& op) const {
  if (!definition().apply(event, &op)) return {};
  check_id(event, token);
  return {.keep = true, .bytes = std::move(event)};
}

// True when the event is dealt with: handed out, or dropped by a stage.
bool ChangeStream::deliver(const EncodedEvent& event, const model::ResumeToken& token,
                           EventSink& sink) {
  if (!event.keep) return true;
  const std::size_t bytes_max = services_.hub.event_bytes_max();
  const bool too_large = event.bytes.size() > bytes_max;
  if (definition().splits() && (too_large || next_fragment_ > 0)) {
    return send_fragments(bson::View(event.bytes), token, sink);
  }
  if (too_large) {
    raise(ErrorCode::BSONObjectTooLarge,
          "the event has {} bytes, at most {} can be sent; resume after it with the resume token "
          "'{}', or add $changeStreamSplitLargeEvent to the pipeline",
          event.bytes.size(), bytes_max, token.data());
  }
  if (!sink.offer(bson::View(event.bytes))) return false;
  last_token_ = token;
  return true;
}

bool ChangeStream::send_fragments(bson::View event, const model::ResumeToken& token,
                                  EventSink& sink) {
  const std::vector<std::string> fragments =
      split_event(event, token, services_.hub.event_bytes_max());
  if (next_fragment_ > fragments.size()) {
    raise_not_resumable(ErrorCode::ChangeStreamFatalError,
                        "the resume token's fragment {} was not found: the event '{}' has {}",
                        next_fragment_, token.data(), fragments.size());
  }
  for (; next_fragment_ < fragments.size(); ++next_fragment_) {
    if (sink.full() || !sink.offer(bson::View(fragments[next_fragment_]))) return false;
    last_token_ = token;
    last_token_->fragment = static_cast<std::uint16_t>(next_fragment_);
  }
  next_fragment_ = 0;
  return true;
}

void ChangeStream::subscribe(const WakerPtr& waker) {
  if (pending_ || closed_) {
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
