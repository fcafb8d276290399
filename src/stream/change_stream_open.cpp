// SPDX-License-Identifier: Apache-2.0
// Where a stream begins: at what is visible now, at a time, or after a token that must be found
// again in the log.
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/operation.h"
#include "oplog/dropped.h"
#include "oplog/log_scan.h"
#include "oplog/retention.h"
#include "stream/change.h"
#include "stream/change_stream.h"
#include "stream/stream_error.h"

namespace freshet::stream {
namespace {

storage::Position before(storage::Position position) {
  return storage::Position(position.is_zero() ? 0 : position.value() - 1);
}

StreamOptions options_of(bson::View pipeline) {
  const auto first = pipeline.begin();
  if (first == pipeline.end() || !first->is_document() || first->as_document().empty()) {
    return StreamOptions::parse(bson::ValueView());
  }
  const bson::Element stage = *first->as_document().begin();
  return StreamOptions::parse(stage.value());
}

}  // namespace

std::unique_ptr<ChangeStream> ChangeStream::open(const StreamServices& services,
                                                 const StreamRequest& request, Operation& op) {
  op.check();
  const StreamOptions options = options_of(request.pipeline);
  const Scope scope = Scope::of_command(request.ns, options);
  if (scope.level() == Scope::Level::Collection && services.lookup.is_view(request.ns)) {
    raise(ErrorCode::CommandNotSupportedOnView, "a change stream cannot be opened on the view '{}'",
          request.ns.full());
  }
  DefinitionPtr definition = Definition::parse({.scope = scope,
                                                .options = options,
                                                .stages = request.pipeline,
                                                .collation = request.collation,
                                                .let = request.let,
                                                .now_ms = services.clock.wall_ms(),
                                                .cluster_time = services.hub.visible().timestamp(),
                                                .random = &services.random});
  std::unique_ptr<ChangeStream> stream(
      new ChangeStream(services, services.hub.attach(std::move(definition))));
  stream->start(options);
  stream->count_options(options);
  return stream;
}

void ChangeStream::start(const StreamOptions& options) {
  if (const auto& token = options.token()) {
    start_after(*token);
  } else if (options.start_at_operation_time) {
    position_ = before(*options.start_at_operation_time);
    subscription_->note_needed(position_);
    require_history(position_);
  } else {
    position_ = services_.hub.visible();
    subscription_->note_needed(position_);
  }
}

void ChangeStream::start_after(const model::ResumeToken& token) {
  // The token's own entry is needed again, unless nothing of it can be left to hand out.
  const bool done = token.from_invalidate || is_last_dropped(token);
  position_ = done ? token.time : before(token.time);
  subscription_->note_needed(position_);
  require_history(position_);
  if (!gap_from_ && !token.is_high_water_mark() && !done) find_event(token);
}

// The token of the last entry that is gone: everything behind it is there, and if it was the change
// of one document, nothing of it is missing.
bool ChangeStream::is_last_dropped(const model::ResumeToken& token) const {
  if (token.is_high_water_mark() || token.fragment) return false;
  const oplog::Dropped dropped = oplog::read_dropped(*services_.store.snapshot());
  return dropped.position == token.time && dropped.one_document;
}

// Makes the token's entry the pending one, at the change behind the token's.
void ChangeStream::find_event(const model::ResumeToken& token) {
  if (token.fragment && !definition().splits()) {
    raise_not_resumable(ErrorCode::ChangeStreamFatalError,
                        "the resume token is that of a split event: going on after it needs the "
                        "stage $changeStreamSplitLargeEvent");
  }
  std::optional<std::string> bytes;
  if (token.time <= services_.hub.visible()) bytes = oplog::entry_at(services_.store, token.time);
  if (!bytes) raise_token_not_found(token);
  auto record = std::make_shared<storage::LogRecord>();
  record->position = token.time;
  record->bytes = std::move(*bytes);
  const oplog::EntryView entry = oplog::EntryView::parse(record->bytes);
  ChangeReader changes(entry);
  std::optional<Change> change = changes.next();
  const Definition& wanted = definition();
  while (change && change->index < token.index)
    change = changes.next();
  if (!change || change->index != token.index) raise_token_not_found(token);
  // With other options or filters the stream may not show that event; it goes on behind it.
  if (!shows(wanted.scope(), true, *change)) {
    raise(ErrorCode::InvalidResumeToken,
          "invalid resume token: the resume token '{}' is that of an event outside of '{}'",
          token.data(), wanted.scope().cursor_namespace().full());
  }
  if (token.fragment) {
    next_index_ = token.index;
    next_fragment_ = *token.fragment + 1U;
  } else if (invalidates(wanted.scope(), *change)) {
    next_index_ = token.index;
    invalidate_due_ = true;
  } else {
    next_index_ = token.index + 1;
  }
  pending_.hold(std::move(record));
  last_token_ = token;
}

void ChangeStream::check_history(storage::Position from) const {
  const auto snapshot = services_.store.snapshot();
  const storage::Position dropped = oplog::read_last_dropped(*snapshot);
  if (dropped <= from) return;
  services_.counters.history_lost.add();
  raise_history_lost(from, dropped);
}

// As check_history(), but a stream that shows errors as events goes on behind the gap.
void ChangeStream::require_history(storage::Position from) {
  if (!definition().options().show_errors_as_events) return check_history(from);
  const auto snapshot = services_.store.snapshot();
  const storage::Position dropped = oplog::read_last_dropped(*snapshot);
  if (dropped <= from) return;
  services_.counters.history_lost.add();
  gap_from_ = from;
  position_ = dropped;
}

namespace {

void count_scope(StreamCounters& counters, Scope::Level level) {
  switch (level) {
    case Scope::Level::Collection:
      return counters.collection_scope.add();
    case Scope::Level::Database:
      return counters.database_scope.add();
    case Scope::Level::Cluster:
    case Scope::Level::Log:
      break;
  }
  counters.cluster_scope.add();
}

}  // namespace

void ChangeStream::count_options(const StreamOptions& options) {
  StreamCounters& counters = services_.counters;
  counters.opened.add();
  count_scope(counters, definition().scope().level());
  const auto count = [](StreamCounter& counter, bool used) { counter.add(used ? 1 : 0); };
  count(counters.show_expanded_events, options.show_expanded_events);
  count(counters.show_errors_as_events, options.show_errors_as_events);
  count(counters.changed_paths, definition().has_changed_paths());
  count(counters.split_stage, definition().splits());
  using enum FullDocument;
  count(counters.full_document_update_lookup, options.full_document == UpdateLookup);
  count(counters.full_document_when_available, options.full_document == WhenAvailable);
  count(counters.full_document_required, options.full_document == Required);
  using Before = FullDocumentBeforeChange;
  count(counters.before_change_when_available, options.before_change == Before::WhenAvailable);
  count(counters.before_change_required, options.before_change == Before::Required);
}

}  // namespace freshet::stream
