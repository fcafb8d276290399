// SPDX-License-Identifier: Apache-2.0
#include "command/history_report.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/operation.h"
#include "command/stream_report.h"
#include "cursor/registry.h"
#include "oplog/retention.h"
#include "stream/counters.h"
#include "stream/hub.h"

namespace freshet::command {
namespace {

constexpr std::int64_t kWarningShare = 10;  // a tenth of the history is left
constexpr std::int64_t kWarningMsMin = 1'000;
constexpr std::int64_t kWarningMsMax = 3'600'000;
constexpr std::int64_t kWarningMsBySize = 600'000;  // where only the size is limited

std::int64_t warning_ms(const oplog::RetentionOptions& options) {
  if (options.history_ms == 0) return kWarningMsBySize;
  return std::clamp(options.history_ms / kWarningShare, kWarningMsMin, kWarningMsMax);
}

void append_policy(const oplog::RetentionOptions& options, bson::Builder& out) {
  out.open_document("policy").add("maxAgeSeconds", options.history_ms / 1'000);
  out.add("maxBytes", static_cast<std::int64_t>(options.history_bytes)).close();
}

void append_minimum_age(const oplog::History& history, bson::Builder& out) {
  if (history.minimum_age.ms == 0) return;
  out.open_document("minimumAge").add("seconds", history.minimum_age.ms / 1'000);
  out.add("ns", history.minimum_age.ns);
  out.add("bytesHeld", static_cast<std::int64_t>(history.minimum_age_bytes)).close();
}

bool in_danger(const CommandServices& services, storage::Position position, std::int64_t below_ms) {
  const std::optional<std::int64_t> left = services.retention.ms_to_loss(position);
  return left && *left < below_ms;
}

}  // namespace

void append_history(const CommandServices& services, std::string_view name, bson::Builder& out) {
  const oplog::History history = services.retention.history();
  out.open_document(name).add("first", history.first.timestamp());
  out.add("last", history.last.timestamp()).add("lastDropped", history.dropped.timestamp());
  const std::int64_t window_ms =
      std::max<std::int64_t>(0, history.last_wall_ms - history.first_wall_ms);
  out.add("windowSeconds", window_ms / 1'000);
  out.add("entries", static_cast<std::int64_t>(history.held.entries))
      .add("bytes", static_cast<std::int64_t>(history.held.bytes));
  append_policy(services.retention.options(), out);
  append_minimum_age(history, out);
  out.add("bytesHeldForStreams", static_cast<std::int64_t>(history.streams_bytes)).close();
}

void HistoryWatch::check() {
  const std::int64_t below_ms = warning_ms(services_.retention.options());
  const std::optional<storage::Position> furthest = services_.hub.furthest_behind();
  if (!furthest || !in_danger(services_, *furthest, below_ms)) {
    warned_.clear();
    return;
  }
  std::vector<cursor::CursorInfo> streams = services_.cursors.list_streams();
  std::ranges::sort(streams, {},
                    [](const cursor::CursorInfo& cursor) { return cursor.stream->position; });
  // Who stands further on has more time, and what is left is read from the log: so it is searched.
  const auto safe = std::ranges::partition_point(streams, [&](const cursor::CursorInfo& cursor) {
    return in_danger(services_, cursor.stream->position, below_ms);
  });
  std::vector<std::int64_t> in_danger_now;
  StreamMeter meter(services_);
  for (auto at = streams.begin(); at != safe; ++at) {
    cursor::CursorInfo& cursor = *at;
    in_danger_now.push_back(cursor.id);
    if (std::ranges::binary_search(warned_, cursor.id)) continue;
    const StreamReport report = meter.measure(std::move(cursor));
    const bool known = report.cursor.client != nullptr;
    services_.log.warning(
        "QUERY", "a change stream is about to lose history it has still to read",
        {{"cursorId", report.cursor.id},
         {"ns", report.cursor.params.ns.full()},
         {"client", known ? report.cursor.client->address : std::string()},
         {"appName", known ? report.cursor.client->application_name : std::string()},
         {"lagMs", report.lag.ms},
         {"timeToLossMs", report.ms_to_loss.value_or(0)}});
    services_.stream_counters.history_warnings.add();
  }
  std::ranges::sort(in_danger_now);
  warned_ = std::move(in_danger_now);
}

}  // namespace freshet::command
