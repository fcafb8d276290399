// SPDX-License-Identifier: Apache-2.0
// listCommands, shutdown, fsync, logRotate, profile, freshetBackup: for whoever runs the server.
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/command_table.h"
#include "command/commands.h"

namespace freshet::command {

void run_list_commands(CommandContext&, bson::Builder& reply) {
  reply.open_document("commands");
  for (const CommandRow& row : command_table()) {
    reply.open_document(row.name).add("help", row.help);
    reply.add("requiresAuth", false).add("secondaryOk", (row.flags & kWrites) == 0);
    reply.add("adminOnly", (row.flags & kAdminOnly) != 0);
    reply.open_array("apiVersions");
    if ((row.flags & kStableApi) != 0) reply.push("1");
    reply.close().close();
  }
  reply.close();
}

void run_shutdown(CommandContext& context, bson::Builder&) {
  context.services.log.info("COMMAND", "a client asked for shutdown",
                            {{"client", context.client.info()->address}});
  if (!context.services.host.request_shutdown) {
    raise(ErrorCode::CommandNotSupported, "this server cannot be shut down by a command");
  }
  context.services.host.request_shutdown();
}

// Everything acknowledged as durable is; locking writers out is another matter.
void run_fsync(CommandContext& context, bson::Builder& reply) {
  if (context.body["lock"].truthy()) {
    raise(ErrorCode::CommandNotSupported,
          "fsync with lock is not supported; use freshet backup for a consistent copy");
  }
  context.services.data.commits().request_flush(context.services.data.commits().applied());
  reply.add("numFiles", std::int32_t{1});
}

void run_log_rotate(CommandContext& context, bson::Builder&) {
  if (!context.services.log.reopen())
    raise(ErrorCode::OperationFailed, "the log file could not be opened anew");
}

// There is no profiler; asking for its state is answered, turning it on is not.
void run_profile(CommandContext& context, bson::Builder& reply) {
  const bson::Element first = *context.body.begin();
  const std::int64_t level = Field("profile", first).integer();
  if (level > 0)
    raise(ErrorCode::CommandNotSupported, "the profiler is not supported by this version");
  reply.add("was", std::int32_t{0}).add("slowms", std::int32_t{100}).add("sampleRate", 1.0);
}

void run_freshet_backup(CommandContext& context, bson::Builder& reply) {
  const bson::Element directory = context.body["directory"];
  if (!directory) raise_missing_field("freshetBackup", "directory");
  const std::string path(Field("freshetBackup", directory).string());
  context.services.data.store().backup(path);
  context.services.log.info("STORAGE", "a backup was made", {{"directory", path}});
  reply.add("directory", path);
}

}  // namespace freshet::command
