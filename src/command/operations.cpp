// SPDX-License-Identifier: Apache-2.0
// currentOp, killOp: what runs now.
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/current_operations.h"
#include "command/identity.h"
#include "command/operation_registry.h"
#include "query/matcher.h"

namespace freshet::command {

std::vector<std::string> current_operations(CommandServices& services) {
  std::vector<std::string> out;
  const auto cursors = used_cursors(services);
  const SteadyTime now = services.clock.steady();
  services.operations.for_each([&](std::uint64_t id, const RunningCommand& running) {
    const Operation& operation = *running.operation;
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(now - operation.started()).count();
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
    entry.add("op", operation_kind(running.command_name))
        .add("ns", running.ns)
        .add("command", bson::View(running.body));
    if (const bson::Element id_of_cursor = bson::View(running.body)["getMore"]) {
      const auto used = id_of_cursor.type() == bson::Type::Int64
                            ? cursors.find(id_of_cursor.as_int64())
                            : cursors.end();
      if (used != cursors.end()) entry.add_all(bson::View(used->second));
    }
    entry.add("waitingForLock", false).add("parked", running.parked);
    out.push_back(entry.take());
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
  const std::string filter_bytes = filter.take();
  const query::QueryContext query;
  const query::Matcher matcher(bson::View(filter_bytes), query);
  reply.open_array("inprog");
  for (const std::string& entry : current_operations(context.services)) {
    if (matcher.matches(bson::View(entry))) reply.push(bson::View(entry));
  }
  reply.close();
}

void run_kill_op(CommandContext& context, bson::Builder& reply) {
  const bson::Element op = context.body["op"];
  if (!op) raise_missing_field("killOp", "op");
  const std::int64_t id = Field("killOp", op).number();
  static_cast<void>(context.services.operations.kill(static_cast<std::uint64_t>(id)));
  reply.add("info", "attempting to kill op");
}

}  // namespace freshet::command
