// SPDX-License-Identifier: Apache-2.0
// freshetStreams: the open change streams, those that are furthest behind first.
//
//   {freshetStreams: 1, filter: {…}, limit: 1000}
//   → {streams: […], total, parked, running, idle, eventsSent, bytesSent, history: {…}}
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "command/arguments.h"
#include "command/commands.h"
#include "command/history_report.h"
#include "command/stream_report.h"
#include "query/matcher.h"

namespace freshet::command {
namespace {

// What fits into a reply, generously: a stream with a long pipeline has some kilobytes.
constexpr std::int64_t kStreamsDefault = 1'000;
constexpr std::size_t kStreamsBytesMax = std::size_t{12} << 20;

struct StreamsArguments {
  bson::View filter;
  std::int64_t limit = kStreamsDefault;
};

constexpr Argument<StreamsArguments> kArguments[] = {
    {"filter", [](StreamsArguments& a, const Field& f) { a.filter = f.object(); }},
    {"limit", [](StreamsArguments& a, const Field& f) { a.limit = f.non_negative(); }},
};

struct Totals {
  std::int64_t parked = 0;
  std::int64_t running = 0;
  std::int64_t idle = 0;
  std::int64_t events = 0;
  std::int64_t bytes = 0;

  void add(const cursor::CursorInfo& cursor) {
    const std::string_view state = stream_state(cursor);
    ++(state == "parked" ? parked : state == "running" ? running : idle);
    events += static_cast<std::int64_t>(cursor.stream->events);
    bytes += static_cast<std::int64_t>(cursor.stream->bytes);
  }
};

void append_streams(CommandContext& context, std::vector<cursor::CursorInfo> streams,
                    const StreamsArguments& arguments, bson::Builder& reply) {
  const query::QueryContext query;
  const query::Matcher matcher(arguments.filter, query);
  StreamMeter meter(context.services);
  std::int64_t count = 0;
  std::size_t bytes = 0;
  reply.open_array("streams");
  for (cursor::CursorInfo& cursor : streams) {
    context.op.check();
    if (count >= arguments.limit || bytes > kStreamsBytesMax) break;
    bson::Builder entry;
    append_stream_report(meter.measure(std::move(cursor)), entry);
    const std::string document = entry.take();
    if (!matcher.matches(bson::View(document))) continue;
    reply.push(bson::View(document));
    bytes += document.size();
    ++count;
  }
  reply.close();
}

}  // namespace

void run_freshet_streams(CommandContext& context, bson::Builder& reply) {
  StreamsArguments arguments;
  read_arguments("freshetStreams", context.body, kArguments, arguments);
  std::vector<cursor::CursorInfo> streams = context.services.cursors.list_streams();
  std::ranges::sort(streams, {}, [](const cursor::CursorInfo& cursor) {
    return std::pair(cursor.stream->position, cursor.id);
  });
  Totals totals;
  for (const cursor::CursorInfo& cursor : streams)
    totals.add(cursor);
  const auto total = static_cast<std::int64_t>(streams.size());
  append_streams(context, std::move(streams), arguments, reply);
  reply.add("total", total).add("parked", totals.parked).add("running", totals.running);
  reply.add("idle", totals.idle).add("eventsSent", totals.events).add("bytesSent", totals.bytes);
  append_history(context.services, "history", reply);
}

}  // namespace freshet::command
