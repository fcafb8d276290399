// SPDX-License-Identifier: Apache-2.0
// currentOp, killOp: what runs now.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/utf8.h"
#include "bson/json.h"
#include "bson/readable.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/current_operations.h"
#include "command/identity.h"
#include "command/operation_registry.h"
#include "cursor/registry.h"
#include "query/matcher.h"

namespace freshet::command {
namespace {

constexpr std::size_t kTruncatedBytes = 1024;

void append_progress(bson::Builder& entry, const Operation::Progress& progress) {
  if (progress.what == nullptr) return;
  std::string message = progress.what;
  if (progress.total > 0) {
    const std::int64_t percent = std::min<std::int64_t>(100, 100 * progress.done / progress.total);
    message += fmt::format(": {}/{} {}%", progress.done, progress.total, percent);
    entry.open_document("progress").add("done", progress.done).add("total", progress.total).close();
  }
  entry.add("msg", message);
}

void append_cursor_in_use(bson::Builder& entry, bson::View command, const CursorsInUse& cursors) {
  const bson::Element id = command["getMore"];
  if (id.type() != bson::Type::Int64) return;
  const auto used = cursors.find(id.as_int64());
  if (used != cursors.end()) entry.add_all(bson::View(used->second));
}

std::string operation_entry(const CommandServices& services, std::uint64_t id,
                            const RunningCommand& running, const CursorsInUse& cursors,
                            const CurrentOpOptions& options) {
  const Operation& operation = *running.operation;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(
                          services.clock.steady() - operation.started())
                          .count();
  bson::Builder entry;
  entry.add("type", "op")
      .add("host", services.identity.advertised)
      .add("desc", "conn" + std::to_string(operation.client().connection_id));
  entry.add("connectionId", static_cast<std::int32_t>(operation.client().connection_id));
  entry.add("client", operation.client().address)
      .add("appName", operation.client().application_name);
  if (!operation.client().metadata.empty())
    entry.add("clientMetadata", bson::View(operation.client().metadata));
  entry.add("active", true).add("opid", static_cast<std::int32_t>(id));
  if (running.session) running.session->append_to(entry, "lsid");
  entry.add("secs_running", static_cast<std::int64_t>(micros / 1'000'000))
      .add("microsecs_running", static_cast<std::int64_t>(micros));
  entry.add("op", operation_kind(running.command_name)).add("ns", utf8_replaced(running.ns));
  entry.add("command", bson::View(shown_command(bson::View(running.body), options)));
  append_cursor_in_use(entry, bson::View(running.body), cursors);
  append_progress(entry, operation.progress());
  entry.add("numYields", std::int32_t{0}).open_document("locks").close();
  entry.add("waitingForLock", false).add("parked", running.parked != nullptr);
  return entry.take();
}

}  // namespace

std::string shown_command(bson::View command, const CurrentOpOptions& options) {
  if (!options.truncate || command.size_bytes() <= kTruncatedBytes) return bson::readable(command);
  std::string text = bson::to_json(command);
  text.resize(std::min(text.size(), kTruncatedBytes));
  bson::Builder out;
  return out.add("$truncated", utf8_replaced(std::move(text))).take();
}

CurrentOpOptions read_current_op_options(bson::View stage) {
  constexpr std::string_view kKnown[] = {"allUsers",     "idleConnections", "idleCursors",
                                         "idleSessions", "localOps",        "backtrace",
                                         "truncateOps",  "targetAllNodes"};
  CurrentOpOptions out;
  for (const bson::Element& option : stage) {
    if (std::find(std::begin(kKnown), std::end(kKnown), option.name()) == std::end(kKnown)) {
      raise(ErrorCode::FailedToParse, "Unrecognized option '{}' in $currentOp stage",
            option.name());
    }
    if (option.type() != bson::Type::Bool) {
      raise(ErrorCode::FailedToParse,
            "The '{}' parameter of the $currentOp stage must be a boolean value, but found: {}",
            option.name(), bson::type_alias(option.type()));
    }
    if (option.name() == "idleCursors") out.idle_cursors = option.as_bool();
    if (option.name() == "truncateOps") out.truncate = option.as_bool();
  }
  return out;
}

std::vector<std::string> current_operations(CommandServices& services,
                                            const CurrentOpOptions& options) {
  std::vector<std::string> out;
  const auto cursors = used_cursors(services, options);
  services.operations.for_each([&](std::uint64_t id, const RunningCommand& running) {
    out.push_back(operation_entry(services, id, running, cursors, options));
  });
  return out;
}

std::string_view operation_kind(std::string_view command) {
  if (command == "find") return "query";
  if (command == "getMore") return "getmore";
  if (command == "insert" || command == "update") return command;
  if (command == "delete") return "remove";
  return "command";
}

// The old command form; $currentOp is the new one. Fields besides the options filter the entries.
void run_current_op(CommandContext& context, bson::Builder& reply) {
  bson::Builder filter;
  bool skip = true;
  for (const bson::Element& element : context.body) {
    if (std::exchange(skip, false) || is_generic_argument(element.name())) continue;
    if (element.name() == "$all" || element.name() == "$ownOps" || element.name() == "$truncateOps")
      continue;
    filter.add(element);
  }
  const CurrentOpOptions options{.truncate = context.body["$truncateOps"].truthy()};
  const std::string filter_bytes = filter.take();
  const query::QueryContext query;
  const query::Matcher matcher(bson::View(filter_bytes), query);
  reply.open_array("inprog");
  for (const std::string& entry : current_operations(context.services, options)) {
    if (matcher.matches(bson::View(entry))) reply.push(bson::View(entry));
  }
  reply.close();
}

void run_kill_op(CommandContext& context, bson::Builder& reply) {
  const bson::Element op = context.body["op"];
  if (!op) raise_missing_field("killOp", "op");
  const std::int64_t id = Field("killOp", op).integer();
  static_cast<void>(context.services.operations.kill(static_cast<std::uint64_t>(id)));
  reply.add("info", "attempting to kill op");
}

}  // namespace freshet::command
