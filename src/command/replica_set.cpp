// SPDX-License-Identifier: Apache-2.0
// replSetGetStatus, replSetGetConfig, replSetInitiate, replSetStepDown, replSetFreeze: a set of one
// that is there from the first start.
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "command/arguments.h"
#include "command/command_table.h"
#include "command/commands.h"
#include "command/history_report.h"
#include "command/identity.h"
#include "command/operation_registry.h"
#include "command/primaryship.h"
#include "oplog/retention.h"
#include "session/transaction_table.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {
namespace {

constexpr std::int32_t kPrimaryState = 1;
constexpr std::int32_t kSecondaryState = 2;
// Without force a primary steps down for an electable member that has caught up; here is none.
constexpr ErrorCode kExceededTimeLimit = location(262);

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
  const bool primary = identity.is_primary;
  out.add("state", primary ? kPrimaryState : kSecondaryState)
      .add("stateStr", primary ? "PRIMARY" : "SECONDARY");
  out.add("uptime", static_cast<std::int32_t>(identity.uptime(services.clock).count() / 1000));
  append_op_time(out, "optime", applied, identity.term.load());
  out.add_date("optimeDate", date_of(applied));
  out.add("lastHeartbeatMessage", "")
      .add("syncSourceHost", "")
      .add("syncSourceId", std::int32_t{-1});
  out.add("infoMessage", "")
      .add("electionTime",
           bson::Timestamp{static_cast<std::uint32_t>(identity.started_ms / 1000), 1});
  out.add_date("electionDate", identity.started_ms);
  out.add("configVersion", std::int32_t{1})
      .add("configTerm", static_cast<std::int32_t>(identity.term.load()));
  out.add("self", true).close();
}

/// What is being written for somebody who takes this server for a primary ends, and so does every
/// transaction; reads go on.
void end_writes(CommandContext& context) {
  const std::uint64_t own = context.op.id();
  context.services.operations.interrupt_if(
      ErrorCode::InterruptedDueToReplStateChange,
      [own](std::uint64_t id, const RunningCommand& running) {
        const CommandRow* row = find_command(running.command_name);
        return id != own && row != nullptr && (row->flags & kWrites) != 0;
      });
  context.services.transactions.abort_if([](const model::SessionId&) { return true; });
}

}  // namespace

void run_repl_set_get_status(CommandContext& context, bson::Builder& reply) {
  const CommandServices& services = context.services;
  const Identity& identity = services.identity;
  const std::int64_t now_ms = services.clock.wall_ms();
  const model::ClusterTime applied = services.commit.applied();
  const model::ClusterTime visible = services.commit.visible();
  reply.add("set", identity.set_name).add_date("date", now_ms);
  reply.add("myState", identity.is_primary ? kPrimaryState : kSecondaryState);
  reply.add("term", identity.term.load())
      .add("syncSourceHost", "")
      .add("syncSourceId", std::int32_t{-1});
  reply.add("heartbeatIntervalMillis", std::int64_t{2000});
  reply.add("majorityVoteCount", std::int32_t{1}).add("writeMajorityCount", std::int32_t{1});
  reply.add("votingMembersCount", std::int32_t{1})
      .add("writableVotingMembersCount", std::int32_t{1});
  reply.open_document("optimes");
  append_op_time(reply, "lastCommittedOpTime", visible, identity.term.load());
  reply.add_date("lastCommittedWallTime", date_of(visible));
  append_op_time(reply, "readConcernMajorityOpTime", visible, identity.term.load());
  append_op_time(reply, "appliedOpTime", applied, identity.term.load());
  append_op_time(reply, "durableOpTime", visible, identity.term.load());
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
  reply.add("term", static_cast<std::int32_t>(identity.term.load())).open_array("members");
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

// A set of one is primary again when the time is over, and then of a higher term.
void run_repl_set_step_down(CommandContext& context, bson::Builder&) {
  struct Arguments {
    bool force = false;
    std::optional<std::int64_t> catch_up_s;
  };
  static constexpr Argument<Arguments> kArguments[] = {
      {"force", [](Arguments& a, const Field& f) { a.force = f.boolean(); }},
      {"secondaryCatchUpPeriodSecs",
       [](Arguments& a, const Field& f) { a.catch_up_s = f.non_negative(); }},
  };
  const bson::Element first = *context.body.begin();
  const std::int64_t period_s = Field("replSetStepDown", first).integer();
  Arguments arguments;
  read_arguments("replSetStepDown", context.body, kArguments, arguments);
  if (period_s < 1) raise(ErrorCode::BadValue, "stepdown period must be a positive integer");
  if (arguments.catch_up_s.value_or(0) > period_s) {
    raise(ErrorCode::BadValue, "stepdown period must be longer than secondaryCatchUpPeriodSecs");
  }
  if (!arguments.force) raise(kExceededTimeLimit, "No electable secondaries caught up");
  context.services.primaryship.step_down(Milliseconds(period_s * 1000));
  end_writes(context);
}

void run_repl_set_freeze(CommandContext& context, bson::Builder& reply) {
  const bson::Element first = *context.body.begin();
  const std::int64_t seconds = Field("replSetFreeze", first).integer();
  if (context.services.primaryship.is_primary()) {
    raise(location(95), "cannot freeze node when primary or running for election");
  }
  if (seconds == 0) {
    context.services.primaryship.step_up();
    reply.add("info", "unfreezing");
  } else {
    context.services.primaryship.step_down(Milliseconds(seconds * 1000));
  }
}

// Nothing has to be initiated, and asking does no harm: scripts expect this answer on a second try.
void run_repl_set_initiate(CommandContext&, bson::Builder&) {
  raise(ErrorCode::AlreadyInitialized, "already initialized");
}

}  // namespace freshet::command
