// SPDX-License-Identifier: Apache-2.0
// serverStatus, connPoolStats: what the server is doing.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/clock.h"
#include "base/limits.h"
#include "base/version.h"
#include "collection/data.h"
#include "command/commands.h"
#include "command/history_report.h"
#include "command/identity.h"
#include "command/metrics.h"
#include "command/operation_registry.h"
#include "command/stream_metrics.h"
#include "cursor/registry.h"
#include "oplog/retention.h"
#include "session/registry.h"
#include "session/transaction_table.h"
#include "stream/hub.h"

namespace freshet::command {
namespace {

struct ProcessMemory {
  std::int64_t resident_mb = 0;
  std::int64_t virtual_mb = 0;
};

ProcessMemory process_memory() {
  ProcessMemory out;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return out;
  long total = 0;
  long resident = 0;
  if (std::fscanf(file, "%ld %ld", &total, &resident) == 2) {
    const std::int64_t page = ::sysconf(_SC_PAGESIZE);
    out = {resident * page >> 20, total * page >> 20};
  }
  std::fclose(file);
  return out;
}

NetworkUse network_use(const CommandServices& services) {
  return services.host.network ? services.host.network() : NetworkUse{};
}

void append_connections(const CommandServices& services, bson::Builder& reply) {
  const Host& host = services.host;
  const std::int64_t current = host.connections_current ? host.connections_current() : 0;
  const std::int64_t total = host.connections_total ? host.connections_total() : 0;
  reply.open_document("connections").add("current", static_cast<std::int32_t>(current));
  reply.add("available", static_cast<std::int32_t>(services.limits.connections_max - current));
  reply.add("totalCreated", static_cast<std::int32_t>(total));
  reply.add("rejected", static_cast<std::int32_t>(network_use(services).connections_rejected));
  reply.close();
}

void append_network(const CommandServices& services, bson::Builder& reply) {
  const NetworkUse network = network_use(services);
  reply.open_document("network");
  reply.add("bytesIn", network.bytes_in).add("bytesOut", network.bytes_out);
  reply.add("numRequests", network.requests).close();
}

/// What the edge holds at this moment, each with its limit in `limits`.
void append_edge(const CommandServices& services, bson::Builder& reply) {
  const NetworkUse network = network_use(services);
  reply.add("commandsParked", network.commands_parked);
  reply.add("commandsOnWorkers", network.commands_on_workers);
  reply.add("receiveBytes", network.receive_bytes).add("sendBytes", network.send_bytes);
}

void append_operations(const CommandServices& services, bson::Builder& reply) {
  const Metrics& metrics = services.metrics;
  reply.open_document("opcounters")
      .add("insert", metrics.inserts.value())
      .add("query", metrics.queries.value());
  reply.add("update", metrics.updates.value()).add("delete", metrics.deletes.value());
  reply.add("getmore", metrics.getmores.value()).add("command", metrics.commands.value()).close();
  const auto active = static_cast<std::int32_t>(services.operations.size());
  reply.open_document("globalLock").add("totalTime", std::int64_t{0});
  reply.open_document("currentQueue").add("total", std::int32_t{0}).add("readers", std::int32_t{0});
  reply.add("writers", std::int32_t{0}).close();
  reply.open_document("activeClients")
      .add("total", active)
      .add("readers", active)
      .add("writers", std::int32_t{0});
  reply.close().close();
}

void append_cursors(const CommandServices& services, bson::Builder& reply) {
  const cursor::CursorStats stats = services.cursors.stats();
  reply.open_document("cursor")
      .add("timedOut", stats.timed_out)
      .add("totalOpened", stats.total_opened);
  reply.open_document("open")
      .add("noTimeout", stats.open_no_timeout)
      .add("pinned", stats.open_pinned);
  reply.add("total", stats.open_total).close().close();
}

void append_transactions(const CommandServices& services, bson::Builder& reply) {
  const session::TransactionStats stats = services.transactions.stats();
  reply.open_document("transactions");
  reply.add("retriedStatementsCount", services.metrics.retried_statements.value());
  reply.add("currentActive", stats.active).add("currentInactive", stats.open - stats.active);
  reply.add("currentOpen", stats.open).add("memoryBytes", stats.memory_bytes);
  reply.add("totalAborted", stats.total_aborted).add("totalCommitted", stats.total_committed);
  reply.add("totalStarted", stats.total_started).close();
}

void append_metrics(CommandServices& services, bson::Builder& reply) {
  const Metrics& metrics = services.metrics;
  reply.open_document("metrics");
  append_cursors(services, reply);
  append_stream_metrics(services, reply);
  reply.open_document("document").add("returned", metrics.documents_returned.value()).close();
  reply.open_document("operation").add("writeConflicts", metrics.write_conflicts.value()).close();
  reply.close();
}

void append_oplog(const CommandServices& services, bson::Builder& reply) {
  const storage::Store& store = services.data.store();
  const std::optional<storage::Position> first = store.first_log_position();
  reply.open_document("oplog").add("bytes", static_cast<std::int64_t>(store.log_bytes()));
  reply.add("earliestOptime", first.value_or(storage::Position{}).timestamp());
  reply.add("latestOptime", services.data.commits().visible().timestamp());
  reply.add("lastDropped", services.retention.last_dropped().timestamp());
  append_history(services, "history", reply);
  reply.close();
}

void append_limits(const Limits& limits, bson::Builder& reply) {
  reply.open_document("limits");
  for (const LimitRow& row : limit_table())
    reply.add(row.name, limits.*row.member);
  reply.close();
}

}  // namespace

void run_server_status(CommandContext& context, bson::Builder& reply) {
  CommandServices& services = context.services;
  const Identity& identity = services.identity;
  const std::int64_t now_ms = services.clock.wall_ms();
  const std::int64_t up_ms = identity.uptime(services.clock).count();
  reply.add("host", identity.advertised).add("version", kClaimedVersion).add("process", "mongod");
  reply.add("pid", static_cast<std::int64_t>(::getpid()))
      .add("uptime", static_cast<double>(up_ms) / 1000.0);
  reply.add("uptimeMillis", up_ms)
      .add("uptimeEstimate", up_ms / 1000)
      .add_date("localTime", now_ms);
  reply.open_document("asserts")
      .add("user", static_cast<std::int32_t>(services.metrics.asserts_user.value()))
      .close();
  append_connections(services, reply);
  append_operations(services, reply);
  reply.open_document("logicalSessionRecordCache");
  reply.add("activeSessionsCount", static_cast<std::int32_t>(services.sessions.size())).close();
  append_network(services, reply);
  reply.open_document("repl").add("setName", identity.set_name).add("isWritablePrimary", true);
  reply.add("secondary", false).add("primary", identity.advertised).add("me", identity.advertised);
  reply.open_array("hosts").push(identity.advertised).close().close();
  reply.open_document("storageEngine").add("name", services.data.store().traits().name);
  reply.add("supportsCommittedReads", true)
      .add("persistent", services.data.store().traits().durable)
      .close();
  const ProcessMemory memory = process_memory();
  reply.open_document("mem")
      .add("bits", std::int32_t{64})
      .add("resident", static_cast<std::int32_t>(memory.resident_mb));
  reply.add("virtual", static_cast<std::int32_t>(memory.virtual_mb)).add("supported", true).close();
  append_transactions(services, reply);
  append_image_metrics(services, reply);
  append_metrics(services, reply);
  append_oplog(services, reply);
  append_limits(services.limits, reply);
  reply.open_document("freshet").add("version", base::kVersion);
  append_edge(services, reply);
  reply.close();
}

void run_conn_pool_stats(CommandContext&, bson::Builder& reply) {
  reply.add("numClientConnections", std::int32_t{0}).add("numAScopedConnections", std::int32_t{0});
  reply.add("totalInUse", std::int32_t{0})
      .add("totalAvailable", std::int32_t{0})
      .add("totalCreated", std::int32_t{0});
}

}  // namespace freshet::command
