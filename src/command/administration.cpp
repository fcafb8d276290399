// SPDX-License-Identifier: Apache-2.0
// listCommands, shutdown, fsync, logRotate, freshetBackup: for whoever runs the server.
#include <memory>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/command_table.h"
#include "command/commands.h"

namespace freshet::command {
namespace {

/// As long as nobody has to say who he is, what ends the server or makes it write files is for
/// those who are on its machine already.
void require_local(const CommandContext& context) {
  if (context.client.is_local()) return;
  raise(ErrorCode::Unauthorized,
        "{} must come over the loopback interface while there is no access control",
        context.row.name);
}

}  // namespace

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
  require_local(context);
  context.services.log.info("COMMAND", "a client asked for shutdown",
                            {{"client", context.client.info()->address}});
  if (!context.services.host.request_shutdown) {
    raise(ErrorCode::CommandNotSupported, "this server cannot be shut down by a command");
  }
  context.services.host.request_shutdown();
}

namespace {

// Waits until all that was written before it is durable. Locking writers out is another matter.
class Fsync final : public Work {
 public:
  explicit Fsync(CommandContext& context) : upto_(context.services.data.commits().applied()) {}

  Progress step(CommandContext& context, bson::Builder& reply) override {
    commit::CommitLayer& commits = context.services.data.commits();
    if (commits.visible() < upto_ && commits.accepting()) return Progress::Parked;
    reply.add("numFiles", std::int32_t{1});
    return Progress::Done;
  }

  Park park(CommandContext& context) override {
    commit::CommitLayer& commits = context.services.data.commits();
    commits.request_flush(upto_);
    return Park{.subscribe = [&commits, upto = upto_](
                                 const WakerPtr& waker) { commits.wait_visible(upto, waker); },
                .deadline = context.op.deadline()};
  }

 private:
  const model::ClusterTime upto_;
};

}  // namespace

std::unique_ptr<Work> start_fsync(CommandContext& context) {
  if (context.body["lock"].truthy()) {
    raise(ErrorCode::CommandNotSupported,
          "fsync with lock is not supported; use freshet backup for a consistent copy");
  }
  return std::make_unique<Fsync>(context);
}

void run_log_rotate(CommandContext& context, bson::Builder&) {
  if (!context.services.log.reopen())
    raise(ErrorCode::OperationFailed, "the log file could not be opened anew");
}

void run_freshet_backup(CommandContext& context, bson::Builder& reply) {
  require_local(context);
  const bson::Element directory = context.body["directory"];
  if (!directory) raise_missing_field("freshetBackup", "directory");
  const std::string path(Field("freshetBackup", directory).string());
  context.services.data.store().backup(path);
  context.services.log.info("STORAGE", "a backup was made", {{"directory", path}});
  reply.add("directory", path);
}

}  // namespace freshet::command
