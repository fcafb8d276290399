// SPDX-License-Identifier: Apache-2.0
// configureFailPoint: makes the server do wrong, for tests.
#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/fail_points.h"
#include "command/operation_registry.h"
#include "oplog/retention.h"
#include "stream/hub.h"

namespace freshet::command {
namespace {

struct FailPointArguments {
  bson::ValueView mode;
  bson::View data;
};

constexpr Argument<FailPointArguments> kArguments[] = {
    {"mode", [](FailPointArguments& a, const Field& f) { a.mode = f.element(); }},
    {"data", [](FailPointArguments& a, const Field& f) { a.data = f.object(); }},
};

/// Connections whose commands run or wait close; what is idle notices nothing.
void drop_connections(CommandContext& context) {
  const std::uint64_t own = context.op.id();
  context.services.operations.interrupt_if(
      ErrorCode::ClientDisconnect,
      [own](std::uint64_t id, const RunningCommand&) { return id != own; });
}

/// Counters are stored first: they are recovered from the log.
void expire_history(CommandContext& context) {
  context.services.data.checkpoint();
  context.services.retention.expire_now();
}

void set_event_bytes_max(CommandContext& context, const FailPoints::Configured& configured) {
  const std::size_t bytes_max =
      configured.on ? static_cast<std::size_t>(configured.data->bytes_max) : stream::kEventBytesMax;
  context.services.hub.set_event_bytes_max(bytes_max);
}

/// Points that act when they are set rather than when they are met.
void act(CommandContext& context, const FailPoints::Configured& configured) {
  switch (configured.point) {
    case FailPoint::FreshetDropConnections:
      if (configured.on) drop_connections(context);
      return;
    case FailPoint::FreshetExpireHistory:
      if (configured.on) expire_history(context);
      return;
    case FailPoint::FreshetOversizeEvents:
      set_event_bytes_max(context, configured);
      return;
    default:
      return;
  }
}

}  // namespace

void run_configure_fail_point(CommandContext& context, bson::Builder& reply) {
  const bson::Element first = *context.body.begin();
  FailPointArguments arguments;
  read_arguments("configureFailPoint", context.body, kArguments, arguments);
  if (arguments.mode.missing()) raise_missing_field("configureFailPoint", "mode");
  const FailPoints::Configured configured = context.services.fail_points.configure(
      Field("configureFailPoint", first).string(), arguments.mode, arguments.data);
  act(context, configured);
  reply.add("count", static_cast<std::int32_t>(configured.met_before));
}

}  // namespace freshet::command
