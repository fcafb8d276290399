// SPDX-License-Identifier: Apache-2.0
// replSetGetStatus, replSetGetConfig, replSetInitiate: a set of one that is there from the first
// start.
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "command/commands.h"
#include "command/history_report.h"
#include "command/identity.h"
#include "oplog/retention.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {
namespace {

void append_op_time(bson::Builder& out, std::string_view name, model::ClusterTime time,
                    std::int64_t term) {
  out.open_document(name).add("ts", time.timestamp()).add("t", term).close();
}

std::int64_t date_of(model::ClusterTime time) {
  return std::int64_t{time.seconds()} * 1000;
}

void append_member(bson::Builder& out, const CommandServices& services) {
  const Identity& identity = services.identity;
  const model::ClusterTime applied = services.commit.applied();
  out.push_document()
      .add("_id", std::int32_t{0})
      .add("name", identity.advertised)
      .add("health", 1.0);
  out.add("state", std::int32_t{1}).add("stateStr", "PRIMARY");
  out.add("uptime", static_cast<std::int32_t>(identity.uptime(services.clock).count() / 1000));
  append_op_time(out, "optime", applied, identity.term);
  out.add_date("optimeDate", date_of(applied));
  out.add("lastHeartbeatMessage", "")
      .add("syncSourceHost", "")
      .add("syncSourceId", std::int32_t{-1});
  out.add("infoMessage", "")
      .add("electionTime",
           bson::Timestamp{static_cast<std::uint32_t>(identity.started_ms / 1000), 1});
  out.add_date("electionDate", identity.started_ms);
  out.add("configVersion", std::int32_t{1})
      .add("configTerm", static_cast<std::int32_t>(identity.term));
  out.add("self", true).close();
}

}  // namespace

void run_repl_set_get_status(CommandContext& context, bson::Builder& reply) {
  const CommandServices& services = context.services;
  const Identity& identity = services.identity;
  const std::int64_t now_ms = services.clock.wall_ms();
  const model::ClusterTime applied = services.commit.applied();
  const model::ClusterTime visible = services.commit.visible();
  reply.add("set", identity.set_name).add_date("date", now_ms).add("myState", std::int32_t{1});
  reply.add("term", identity.term).add("syncSourceHost", "").add("syncSourceId", std::int32_t{-1});
  reply.add("heartbeatIntervalMillis", std::int64_t{2000});
  reply.add("majorityVoteCount", std::int32_t{1}).add("writeMajorityCount", std::int32_t{1});
  reply.add("votingMembersCount", std::int32_t{1})
      .add("writableVotingMembersCount", std::int32_t{1});
  reply.open_document("optimes");
  append_op_time(reply, "lastCommittedOpTime", visible, identity.term);
  reply.add_date("lastCommittedWallTime", date_of(visible));
  append_op_time(reply, "readConcernMajorityOpTime", visible, identity.term);
  append_op_time(reply, "appliedOpTime", applied, identity.term);
  append_op_time(reply, "durableOpTime", visible, identity.term);
  reply.add_date("lastAppliedWallTime", date_of(applied))
      .add_date("lastDurableWallTime", date_of(visible));
  reply.close();
  reply.open_array("members");
  append_member(reply, services);
  reply.close();
  append_history(services, "freshetHistory", reply);
}

void run_repl_set_get_config(CommandContext& context, bson::Builder& reply) {
  const Identity& identity = context.services.identity;
  reply.open_document("config").add("_id", identity.set_name).add("version", std::int32_t{1});
  reply.add("term", static_cast<std::int32_t>(identity.term)).open_array("members");
  reply.push_document().add("_id", std::int32_t{0}).add("host", identity.advertised);
  reply.add("arbiterOnly", false)
      .add("buildIndexes", true)
      .add("hidden", false)
      .add("priority", 1.0);
  reply.open_document("tags").close();
  reply.add("secondaryDelaySecs", std::int64_t{0}).add("votes", std::int32_t{1}).close().close();
  reply.add("protocolVersion", std::int64_t{1}).add("writeConcernMajorityJournalDefault", true);
  reply.open_document("settings")
      .add("chainingAllowed", true)
      .add("heartbeatIntervalMillis", std::int32_t{2000});
  reply.add("electionTimeoutMillis", std::int32_t{10000}).close().close();
}

// Nothing has to be initiated, and asking does no harm: scripts expect this answer on a second try.
void run_repl_set_initiate(CommandContext&, bson::Builder&) {
  raise(ErrorCode::AlreadyInitialized, "already initialized");
}

}  // namespace freshet::command
