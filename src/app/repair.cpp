// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "app/backup.h"
#include "app/engine.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

namespace freshet::app {
namespace {

std::string to_text(const commit::Extent& extent) {
  return fmt::format("Timestamp({}, {}), commit {}", extent.position.seconds(),
                     extent.position.increment(), extent.sequence);
}

/// What the mark says; nothing when it is damaged or missing. Says so.
std::optional<commit::Extent> read_mark(const std::string& path) {
  try {
    const auto mark = commit::read_durable_mark(path);
    if (!mark) fmt::print("There is no durable mark.\n");
    return mark;
  } catch (const Error&) {
    fmt::print("The durable mark is damaged: how far the data once went is not known.\n");
    return std::nullopt;
  }
}

void replace_mark(const std::string& path, const commit::Extent& extent) {
  std::error_code failed;
  std::filesystem::rename(path, path + ".before-repair", failed);
  if (failed && failed != std::errc::no_such_file_or_directory) {
    raise(ErrorCode::OperationFailed, "cannot set the durable mark '{}' aside: {}", path,
          failed.message());
  }
  if (!commit::DurableMark(path).write(extent)) {
    raise(ErrorCode::OperationFailed, "cannot write the durable mark '{}'", path);
  }
}

}  // namespace

ExitCode repair(const RepairOptions& options) {
  const SystemClock clock;
  Logger logger(clock, {.level = Severity::Warning});
  const std::string path = durable_mark_path(options.data_directory);
  const bool there = std::filesystem::exists(path);
  const std::optional<commit::Extent> mark = read_mark(path);

  // Looked at before the store is opened for writing, which would change it, and once more then.
  bool told = false;
  const auto check = [&](const commit::Extent& found) {
    if (std::exchange(told, true)) return;
    const bool complete = mark ? found.sequence >= mark->sequence : !there;
    fmt::print("The data ends at {}.\n", to_text(found));
    if (complete) return;
    if (mark) fmt::print("It was durable up to {}.\n", to_text(*mark));
    if (options.accept_loss) return;
    raise(ErrorCode::OperationFailed,
          "{}. Nothing was changed. Restore a backup if there is one; to go on with what is "
          "there, run this again with --accept-loss",
          mark ? fmt::format("{} commits that were acknowledged are lost or damaged",
                             mark->sequence - found.sequence)
               : "commits that were acknowledged may be lost");
  };
  const auto store = open_existing_store(options.data_directory, check, logger);
  const commit::Extent found = commit::extent_of(*store);
  if (mark && found.sequence >= mark->sequence) {
    fmt::print("Nothing is missing and nothing was changed.\n");
    return ExitCode::Ok;
  }
  replace_mark(path, found);
  fmt::print(
      "The durable mark now says {}. The server will start; streams that stood behind it "
      "must start anew.\n",
      to_text(found));
  return ExitCode::Ok;
}

}  // namespace freshet::app
