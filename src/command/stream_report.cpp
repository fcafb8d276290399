// SPDX-License-Identifier: Apache-2.0
#include "command/stream_report.h"

#include <utility>

#include "base/clock.h"
#include "base/operation.h"
#include "bson/readable.h"
#include "collection/data.h"
#include "model/resume_token.h"
#include "oplog/retention.h"
#include "storage/commit/commit_layer.h"
#include "stream/hub.h"

namespace freshet::command {
namespace {

void append_client(const cursor::CursorInfo& cursor, bson::Builder& out) {
  if (cursor.client == nullptr) return;
  out.add("client", cursor.client->address);
  if (!cursor.client->application_name.empty()) {
    out.add("appName", cursor.client->application_name);
  }
}

/// The command that opened the stream, in parts: its options, and the stages behind it.
void append_definition(bson::View command, bson::Builder& out) {
  if (const bson::Element comment = command["comment"]) out.add("comment", comment.value());
  const bson::Element pipeline = command["pipeline"];
  if (!pipeline.is_array() || pipeline.as_document().empty()) return;
  auto stage = pipeline.as_document().begin();
  out.add("options", stage->as_document()["$changeStream"].value());
  out.open_array("filter");
  for (++stage; stage != pipeline.as_document().end(); ++stage)
    out.push(stage->value());
  out.close();
}

model::ResumeToken token_at(storage::Position position) {
  return model::ResumeToken::high_water_mark(model::ClusterTime(position.value() + 1));
}

}  // namespace

StreamMeter::StreamMeter(CommandServices& services)
    : services_(services),
      lag_(services.data.store(), services.hub.visible(), services.clock.wall_ms()) {}

StreamReport StreamMeter::measure(cursor::CursorInfo cursor) {
  const storage::Position position = cursor.stream->position;
  return {.cursor = std::move(cursor),
          .lag = lag_.at(position),
          .ms_to_loss = services_.retention.ms_to_loss(position)};
}

std::string_view stream_state(const cursor::CursorInfo& cursor) {
  if (!cursor.pinned) return "idle";
  return cursor.stream && cursor.stream->waiting ? "parked" : "running";
}

void append_lag(const oplog::Lag& lag, std::optional<std::int64_t> ms_to_loss, bson::Builder& out) {
  out.add("lagMs", lag.ms);
  if (lag.log) {
    out.add("lagEntries", static_cast<std::int64_t>(lag.log->entries))
        .add("lagBytes", static_cast<std::int64_t>(lag.log->bytes));
  }
  if (ms_to_loss) {
    out.add("timeToLossMs", *ms_to_loss);
  } else {
    out.add_null("timeToLossMs");
  }
}

void append_stream_report(const StreamReport& report, bson::Builder& out) {
  const cursor::CursorInfo& cursor = report.cursor;
  const stream::StreamProgress& progress = *cursor.stream;
  out.add("cursorId", cursor.id).add("ns", cursor.params.ns.full());
  append_client(cursor, out);
  const std::string command = bson::readable(bson::View(cursor.params.command));
  append_definition(bson::View(command), out);
  out.add("state", stream_state(cursor));
  out.add("clusterTime", progress.position.timestamp());
  token_at(progress.position).append_to(out, "resumeToken");
  append_lag(report.lag, report.ms_to_loss, out);
  out.add("eventsSent", static_cast<std::int64_t>(progress.events))
      .add("bytesSent", static_cast<std::int64_t>(progress.bytes));
  out.add_date("openedAt", cursor.created_wall_ms).add_date("lastUsedAt", cursor.last_used_wall_ms);
}

void append_cursor_info(const cursor::CursorInfo& cursor, bson::View command, bson::Builder& out) {
  out.open_document("cursor").add("cursorId", cursor.id);
  out.add_date("createdDate", cursor.created_wall_ms)
      .add_date("lastAccessDate", cursor.last_used_wall_ms);
  out.add("nDocsReturned", cursor.documents).add("nBatchesReturned", cursor.batches);
  out.add("noCursorTimeout", cursor.params.no_timeout).add("tailable", cursor.tailable);
  out.add("awaitData", cursor.await_data);
  out.add("originatingCommand", command);
  if (cursor.stream) {
    out.add("planSummary", "COLLSCAN");
    out.open_document("changeStreams").add("optime", cursor.stream->position.timestamp()).close();
  }
  out.close();
}

}  // namespace freshet::command
