// SPDX-License-Identifier: Apache-2.0
// startSession, endSessions, refreshSessions, killSessions, killAllSessions,
// killAllSessionsByPattern.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "command/arguments.h"
#include "command/command_table.h"
#include "command/commands.h"
#include "command/operation_registry.h"
#include "cursor/registry.h"
#include "model/uuid.h"
#include "session/registry.h"
#include "session/transaction_table.h"

namespace freshet::command {
namespace {

std::vector<model::SessionId> read_sessions(const CommandContext& context) {
  const bson::Element first = *context.body.begin();
  const Field field(context.row.name, first);
  std::vector<model::SessionId> out;
  for (const bson::Element& session : field.array()) {
    out.push_back(model::SessionId::parse(session, context.row.name));
  }
  return out;
}

void kill_work_of(CommandContext& context, const std::vector<model::SessionId>& sessions,
                  bool all) {
  const model::SessionId* own = context.session ? &*context.session : nullptr;
  context.services.operations.kill_sessions([&](const model::SessionId& session) {
    if (own != nullptr && session == *own) return false;
    return all || std::find(sessions.begin(), sessions.end(), session) != sessions.end();
  });
  context.services.transactions.abort_if([&](const model::SessionId& session) {
    return all || std::find(sessions.begin(), sessions.end(), session) != sessions.end();
  });
  if (all) {
    context.services.cursors.kill_if(
        [](const cursor::CursorInfo& info) { return info.params.user.session.has_value(); });
    context.services.sessions.end_all();
    return;
  }
  for (const model::SessionId& session : sessions) {
    context.services.cursors.kill_session(session);
    context.services.sessions.end(session);
  }
}

}  // namespace

void run_start_session(CommandContext& context, bson::Builder& reply) {
  const model::SessionId session{model::Uuid::generate(context.services.random), std::string()};
  context.services.sessions.touch(session);
  session.append_to(reply, "id");
  reply.add("timeoutMinutes", session::timeout_minutes(context.services.limits));
}

void run_end_sessions(CommandContext& context, bson::Builder&) {
  const std::vector<model::SessionId> sessions = read_sessions(context);
  context.services.transactions.abort_if([&](const model::SessionId& session) {
    return std::find(sessions.begin(), sessions.end(), session) != sessions.end();
  });
  for (const model::SessionId& session : sessions) {
    context.services.cursors.kill_session(session);
    context.services.sessions.end(session);
  }
}

void run_refresh_sessions(CommandContext& context, bson::Builder&) {
  for (const model::SessionId& session : read_sessions(context))
    context.services.sessions.touch(session);
}

// An empty list means every session.
void run_kill_sessions(CommandContext& context, bson::Builder&) {
  const std::vector<model::SessionId> sessions = read_sessions(context);
  kill_work_of(context, sessions, sessions.empty());
}

void run_kill_all_sessions(CommandContext& context, bson::Builder&) {
  const bson::Element first = *context.body.begin();
  static_cast<void>(Field(context.row.name, first).array());
  // Without users every session belongs to the same nobody, whoever is named.
  kill_work_of(context, {}, true);
}

void run_kill_all_sessions_by_pattern(CommandContext& context, bson::Builder&) {
  const bson::Element first = *context.body.begin();
  std::vector<model::SessionId> sessions;
  bool all = false;
  const bson::View patterns = Field(context.row.name, first).array();
  for (const bson::Element& pattern : patterns) {
    const bson::View fields = Field(context.row.name, pattern).object();
    if (const bson::Element lsid = fields["lsid"]) {
      sessions.push_back(model::SessionId::parse(lsid, "lsid"));
    } else {
      all = true;
    }
  }
  kill_work_of(context, sessions, all || patterns.empty());
}

}  // namespace freshet::command
