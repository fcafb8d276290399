// SPDX-License-Identifier: Apache-2.0
// Open change streams as freshetStreams, $currentOp and serverStatus show them: who reads, how far
// it is behind, and how long its history will be there.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "command/services.h"
#include "cursor/registry.h"
#include "oplog/lag.h"

namespace freshet::command {

/// One stream, measured.
struct StreamReport {
  cursor::CursorInfo cursor;
  oplog::Lag lag;
  std::optional<std::int64_t> ms_to_loss;  ///< see Retention::ms_to_loss
};

/// Measures streams against one moment. Reads the log: for a worker.
class StreamMeter {
 public:
  explicit StreamMeter(CommandServices& services);
  /// Requires: `cursor` is a change stream.
  StreamReport measure(cursor::CursorInfo cursor);

 private:
  CommandServices& services_;
  oplog::LagMeter lag_;
};

/// "parked" (a getMore waits), "running" (one reads), "idle" (the client has none under way).
std::string_view stream_state(const cursor::CursorInfo& cursor);

/// The fields of one stream, into the open document.
void append_stream_report(const StreamReport& report, bson::Builder& out);
/// lagMs, lagEntries, lagBytes, timeToLossMs; what is not known is left out, "never" is null.
void append_lag(const oplog::Lag& lag, std::optional<std::int64_t> ms_to_loss, bson::Builder& out);
/// The `cursor` document of $currentOp; `command` is what it shows as the one that opened it.
void append_cursor_info(const cursor::CursorInfo& cursor, bson::View command, bson::Builder& out);

}  // namespace freshet::command
