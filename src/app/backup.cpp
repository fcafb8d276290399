// SPDX-License-Identifier: Apache-2.0
#include "app/backup.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "app/admin_client.h"
#include "app/engine.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "bson/builder.h"

namespace freshet::app {

ExitCode backup(const BackupOptions& options) {
  // The server resolves relative paths from its own directory, not from ours.
  const std::string target = std::filesystem::absolute(options.target).lexically_normal().string();
  if (options.data_directory.empty()) {
    bson::Builder command;
    command.add("freshetBackup", 1).add("directory", target).add("$db", "admin");
    const std::string bytes = command.take();
    run_admin_command(options.server, bson::View(bytes));
  } else {
    const SystemClock clock;
    Logger logger(clock, {.level = Severity::Warning});
    const auto check = [&](const commit::Extent& extent) {
      (void)check_marks(options.data_directory, extent);
    };
    open_existing_store(options.data_directory, check, logger)->backup(target);
  }
  fmt::print("The backup lies in {}. Start a server on it with: freshet serve --dbpath {}\n",
             target, target);
  return ExitCode::Ok;
}

}  // namespace freshet::app
