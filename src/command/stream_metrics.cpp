// SPDX-License-Identifier: Apache-2.0
#include "command/stream_metrics.h"

#include <optional>

#include "base/clock.h"
#include "collection/data.h"
#include "command/stream_report.h"
#include "cursor/registry.h"
#include "cursor/stream_ahead.h"
#include "oplog/image_policy.h"
#include "oplog/lag.h"
#include "oplog/log_blocks.h"
#include "oplog/retention.h"
#include "stream/counters.h"
#include "stream/hub.h"

namespace freshet::command {
namespace {

void append_cursors(const CommandServices& services, bson::Builder& out) {
  const stream::StreamCounters& counters = services.stream_counters;
  const cursor::CursorStats cursors = services.cursors.stats();
  out.open_document("cursor").add("totalOpened", counters.opened.value());
  out.open_document("lifespan");
  for (std::size_t i = 0; i < stream::kLifespans.size(); ++i)
    out.add(stream::kLifespans[i].name, counters.lifespans[i].value());
  out.add(stream::kLongestLifespan, counters.lifespans.back().value()).close();
  out.open_document("open").add("total", cursors.streams_total);
  out.add("pinned", cursors.streams_pinned).close();
  out.add("docsReturned", counters.events.value())
      .add("bytesReturned", counters.event_bytes.value());
  out.add("batchesReturned", counters.batches.value())
      .add("docsExamined", counters.entries_examined.value());
  out.add("bytesRead", counters.entry_bytes_read.value()).close();
}

void append_options(const stream::StreamCounters& counters, bson::Builder& out) {
  out.open_document("option");
  out.add("showExpandedEvents", counters.show_expanded_events.value());
  out.open_document("fullDocument")
      .add("updateLookup", counters.full_document_update_lookup.value());
  out.add("whenAvailable", counters.full_document_when_available.value())
      .add("required", counters.full_document_required.value())
      .close();
  out.open_document("fullDocumentBeforeChange")
      .add("whenAvailable", counters.before_change_when_available.value());
  out.add("required", counters.before_change_required.value()).close();
  out.add("showErrorsAsEvents", counters.show_errors_as_events.value())
      .add("splitLargeEvents", counters.split_stage.value());
  out.add("changedPaths", counters.changed_paths.value()).close();
}

void append_scopes(const stream::StreamCounters& counters, bson::Builder& out) {
  out.open_document("scope").add("collection", counters.collection_scope.value());
  out.add("db", counters.database_scope.value())
      .add("cluster", counters.cluster_scope.value())
      .close();
}

// Of the stream that is furthest behind: what an alarm watches.
void append_lag_of_slowest(CommandServices& services, bson::Builder& out) {
  out.open_document("slowest");
  const std::optional<storage::Position> position = services.hub.furthest_behind();
  if (position) {
    oplog::LagMeter meter(services.data.store(), services.hub.visible(), services.clock.wall_ms());
    out.add("clusterTime", position->timestamp());
    append_lag(meter.at(*position), services.retention.ms_to_loss(*position), out);
  }
  out.close();
}

void append_hub(const CommandServices& services, bson::Builder& out) {
  const stream::HubStats stats = services.hub.stats();
  out.add("streams", static_cast<std::int64_t>(stats.streams));
  out.add("feeds", static_cast<std::int64_t>(stats.feeds))
      .add("waiting", static_cast<std::int64_t>(stats.waiting));
  out.add("ringEntries", static_cast<std::int64_t>(stats.ring_entries));
  out.add("ringBytes", static_cast<std::int64_t>(stats.ring_bytes));
  out.add("dispatchedEntries", static_cast<std::int64_t>(stats.dispatched_entries));
  out.add("matches", static_cast<std::int64_t>(stats.matches))
      .add("wakes", static_cast<std::int64_t>(stats.wakes));
  out.add("preparedBatches", services.prepared_batches.handed_out())
      .add("preparedBytes", services.prepared_batches.used());
}

// What streams behind the hub's memory read.
void append_log_blocks(const CommandServices& services, bson::Builder& out) {
  const oplog::LogBlocksStats stats = services.log_blocks.stats();
  out.open_document("logBlocks").add("loaded", static_cast<std::int64_t>(stats.loaded));
  out.add("shared", static_cast<std::int64_t>(stats.shared))
      .add("readAhead", static_cast<std::int64_t>(stats.read_ahead));
  out.add("blocks", static_cast<std::int64_t>(stats.blocks))
      .add("bytes", static_cast<std::int64_t>(stats.bytes))
      .close();
}

}  // namespace

void append_stream_metrics(CommandServices& services, bson::Builder& out) {
  const stream::StreamCounters& counters = services.stream_counters;
  out.open_document("changeStreams");
  out.add("largeEventsSplit", counters.large_events_split.value())
      .add("largeEventsFailed", counters.large_events_failed.value());
  out.add("showExpandedEvents", counters.show_expanded_events.value());
  append_cursors(services, out);
  append_options(counters, out);
  append_scopes(counters, out);
  append_hub(services, out);
  append_log_blocks(services, out);
  out.add("errorEvents", counters.error_events.value());
  out.add("historyWarnings", counters.history_warnings.value())
      .add("historyLost", counters.history_lost.value());
  append_lag_of_slowest(services, out);
  out.close();
}

void append_image_metrics(const CommandServices& services, bson::Builder& out) {
  out.open_document("changeStreamPreImages");
  if (const auto seconds = services.images.expire_after_seconds()) {
    out.add("expireAfterSeconds", *seconds);
  }
  out.close();
}

}  // namespace freshet::command
