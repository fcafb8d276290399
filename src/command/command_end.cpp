// SPDX-License-Identifier: Apache-2.0
#include "command/command_end.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "bson/json.h"
#include "command/command_table.h"
#include "command/operation_registry.h"
#include "command/profile_entry.h"
#include "command/profiler.h"

namespace freshet::command {
namespace {

catalog::Use use_of(const CommandRow& row) {
  if (row.name == "find") return catalog::Use::Query;
  if (row.name == "getMore") return catalog::Use::GetMore;
  if (row.name == "insert") return catalog::Use::Insert;
  if (row.name == "update") return catalog::Use::Update;
  if (row.name == "delete") return catalog::Use::Remove;
  return (row.flags & kWrites) != 0 ? catalog::Use::WriteCommand : catalog::Use::ReadCommand;
}

void count_use(const CommandContext& context, std::int64_t micros) {
  catalog::UseCounter& counter = context.used->uses[static_cast<std::size_t>(use_of(context.row))];
  counter.count.fetch_add(1, std::memory_order_relaxed);
  counter.time_us.fetch_add(micros, std::memory_order_relaxed);
}

void log_slow(const CommandContext& context, std::int64_t millis, bson::View entry) {
  context.services.log.info(
      "COMMAND", "Slow query",
      {{"type", entry["op"].as_string()},
       {"ns", entry["ns"].as_string()},
       {"appName", context.client.info()->application_name},
       {"command", LogValue::json(bson::to_json(entry["command"].as_document()))},
       {"planSummary", context.counts.plan_summary},
       {"keysExamined", std::max<std::int64_t>(0, context.counts.keys_examined)},
       {"docsExamined", std::max<std::int64_t>(0, context.counts.documents_examined)},
       {"nreturned", std::max<std::int64_t>(0, context.counts.returned)},
       {"durationMillis", millis}});
}

// A command that waits for what is yet to come is not slow.
bool waits_on_purpose(const CommandContext& context) {
  return (context.row.flags & kOwnMaxTime) != 0 && !context.used;
}

}  // namespace

void note_command_end(const CommandContext& context, const Error* error,
                      std::size_t reply_bytes) noexcept {
  const auto elapsed = context.services.clock.steady() - context.op.started();
  const std::int64_t micros =
      std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
  if (context.used) count_use(context, micros);
  Profiler& profiler = context.services.profiler;
  const std::int64_t millis = micros / 1000;
  if (!profiler.watches_all() && millis <= profiler.slow_ms()) return;
  if (waits_on_purpose(context)) return;
  try {
    const std::string entry = profile_entry(context, error, reply_bytes, millis);
    if (entry.empty()) return;
    using Interest = Profiler::Interest;
    const Interest interest = profiler.interest(context.db, millis, bson::View(entry));
    if (interest == Interest::Log || interest == Interest::LogAndProfile) {
      log_slow(context, millis, bson::View(entry));
    }
    if (interest == Interest::Profile || interest == Interest::LogAndProfile) {
      profiler.write(context.db, bson::View(entry));
    }
  } catch (const std::exception& failed) {
    context.services.log.warning("COMMAND", "a command could not be profiled",
                                 {{"error", failed.what()}});
  }
}

}  // namespace freshet::command
