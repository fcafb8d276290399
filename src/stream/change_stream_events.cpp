// SPDX-License-Identifier: Apache-2.0
// How a change becomes an event in a batch: built, run through the stages, handed out whole or in
// fragments; and what is done about one that fails.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/operation.h"
#include "stream/change.h"
#include "stream/change_stream.h"
#include "stream/error_event.h"
#include "stream/event.h"
#include "stream/split.h"
#include "stream/stream_error.h"

namespace freshet::stream {
namespace {

/// The stages must leave the token as it is: clients resume by it.
void check_id(const std::string& event, const model::ResumeToken& token) {
  const bson::Element id = bson::View(event)["_id"];
  if (id.is_document() && id.raw() == token.document()) return;
  raise_not_resumable(ErrorCode::ChangeStreamFatalError,
                      "a stage of the pipeline removed or changed the event's '_id', which is its "
                      "resume token");
}

}  // namespace

bool ChangeStream::emit(const Change& change, EventSink& sink, Operation& op) {
  op.check();
  const model::ResumeToken token = token_of(change);
  try {
    return deliver(*encoded_event(change, op), token, sink);
  } catch (const Error& error) {
    return survive(error, change, token, sink, op);
  }
}

bool ChangeStream::emit_invalidate(const Change& change, EventSink& sink, Operation& op) {
  const model::ResumeToken token = invalidate_token_of(change);
  if (sink.full()) return false;
  try {
    if (!deliver(run_stages(make_invalidate(change), token, op), token, sink)) return false;
  } catch (const Error& error) {
    if (!survive(error, change, token, sink, op)) return false;
  }
  last_token_ = token;  // also when a stage dropped the event: the stream ends here
  return true;
}

// What to do about an event that failed: throw, hand out first what came before it (false, the
// failure comes again), or make an event of it.
bool ChangeStream::survive(const Error& error, const Change& change,
                           const model::ResumeToken& token, EventSink& sink, Operation& op) {
  if (op.interrupted() || error.code() == ErrorCode::MaxTimeMSExpired) throw error;
  if (!definition().options().show_errors_as_events || !can_become_event(error)) {
    if (handed_out_ > 0) return false;
    count_failure(error);
    throw error;
  }
  const std::string event = make_error_event(change, token, error);
  if (!hand_out(bson::View(event), sink)) return false;
  count_failure(error);
  services_.counters.error_events.add();
  next_fragment_ = 0;
  last_token_ = token;
  return true;
}

void ChangeStream::count_failure(const Error& error) {
  if (error.code() == ErrorCode::BSONObjectTooLarge) services_.counters.large_events_failed.add();
}

bool ChangeStream::emit_gap(EventSink& sink) {
  const Gap gap{.after = *gap_from_, .dropped = position_, .wall_ms = services_.clock.wall_ms()};
  const std::string event = make_gap_event(gap);
  if (!hand_out(bson::View(event), sink)) return false;
  services_.counters.error_events.add();
  gap_from_.reset();
  return !sink.full();
}

bool ChangeStream::hand_out(bson::View document, EventSink& sink) {
  if (!sink.offer(document)) return false;
  ++handed_out_;
  ++events_;
  event_bytes_ += static_cast<std::uint64_t>(document.size_bytes());
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
  const bool shown = wants_image(change, options) && services_.lookup.shows_image(change.op);
  EventImages images = images_of(change, options, shown);
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
  if (too_large) raise_too_large(event.bytes.size(), token);
  if (!hand_out(bson::View(event.bytes), sink)) return false;
  last_token_ = token;
  return true;
}

bool ChangeStream::send_fragments(bson::View event, const model::ResumeToken& token,
                                  EventSink& sink) {
  const std::vector<std::string> fragments =
      split_event(event, token, services_.hub.event_bytes_max());
  if (next_fragment_ == 0) services_.counters.large_events_split.add();
  if (next_fragment_ > fragments.size()) {
    raise_not_resumable(ErrorCode::ChangeStreamFatalError,
                        "the resume token's fragment {} was not found: the event '{}' has {}",
                        next_fragment_, token.data(), fragments.size());
  }
  for (; next_fragment_ < fragments.size(); ++next_fragment_) {
    if (sink.full() || !hand_out(bson::View(fragments[next_fragment_]), sink)) return false;
    last_token_ = token;
    last_token_->fragment = static_cast<std::uint16_t>(next_fragment_);
  }
  next_fragment_ = 0;
  return true;
}

}  // namespace freshet::stream
