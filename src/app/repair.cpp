// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
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
#include "storage/commit/applied_mark.h"

namespace freshet::app {
namespace {

/// What the durable mark says; nothing when it is damaged or missing. Says so.
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

/// What had been applied since this machine was started; nothing when that is not known.
std::optional<commit::Extent> read_applied(const std::string& path) {
  const auto note = commit::read_applied_mark(path);
  const std::string boot = commit::boot_id();
  if (!note || boot.empty() || note->boot != boot) return std::nullopt;
  return note->extent;
}

void set_aside(const std::string& path) {
  std::error_code failed;
  std::filesystem::rename(path, path + ".before-repair", failed);
  if (failed && failed != std::errc::no_such_file_or_directory) {
    raise(ErrorCode::OperationFailed, "cannot set the mark '{}' aside: {}", path, failed.message());
  }
}

void replace_marks(const std::string& data_directory, const commit::Extent& extent) {
  const std::string path = durable_mark_path(data_directory);
  set_aside(path);
  set_aside(applied_mark_path(data_directory));
  if (!commit::DurableMark(path).write(extent)) {
    raise(ErrorCode::OperationFailed, "cannot write the durable mark '{}'", path);
  }
}

/// What is known of the data's end besides the data.
struct Marks {
  bool durable_there = false;
  std::optional<commit::Extent> durable;
  std::optional<commit::Extent> applied;

  /// How far the data must go at least.
  std::uint64_t sequence() const {
    return std::max(durable ? durable->sequence : 0, applied ? applied->sequence : 0);
  }
  bool complete(const commit::Extent& found) const {
    return durable_there == durable.has_value() && found.sequence >= sequence();
  }
};

/// Says where the data ends and what is missing; throws unless that is accepted.
void judge(const Marks& marks, const commit::Extent& found, bool accept_loss) {
  fmt::print("The data ends at {}.\n", to_text(found));
  if (marks.complete(found)) return;
  if (marks.durable) fmt::print("It was durable up to {}.\n", to_text(*marks.durable));
  if (marks.applied) fmt::print("Commits were applied up to {}.\n", to_text(*marks.applied));
  if (accept_loss) return;
  const std::uint64_t wanted = marks.sequence();
  raise(ErrorCode::OperationFailed,
        "{}. Nothing was changed. Restore a backup if there is one; to go on with what is "
        "there, run this again with --accept-loss",
        wanted > found.sequence
            ? fmt::format("{} commits that were acknowledged are lost or damaged",
                          wanted - found.sequence)
            : "commits that were acknowledged may be lost");
}

}  // namespace

ExitCode repair(const RepairOptions& options) {
  const SystemClock clock;
  Logger logger(clock, {.level = Severity::Warning});
  const std::string durable = durable_mark_path(options.data_directory);
  const Marks marks{.durable_there = std::filesystem::exists(durable),
                    .durable = read_mark(durable),
                    .applied = read_applied(applied_mark_path(options.data_directory))};

  // Looked at before the store is opened for writing, which would change it, and once more then.
  bool told = false;
  const auto check = [&](const commit::Extent& found) {
    if (!std::exchange(told, true)) judge(marks, found, options.accept_loss);
  };
  const auto store = open_existing_store(options.data_directory, check, logger);
  const commit::Extent found = commit::extent_of(*store);
  if (marks.durable && marks.complete(found)) {
    fmt::print("Nothing is missing and nothing was changed.\n");
    return ExitCode::Ok;
  }
  replace_marks(options.data_directory, found);
  fmt::print(
      "The durable mark now says {}. The server will start; streams that stood behind it "
      "must start anew.\n",
      to_text(found));
  return ExitCode::Ok;
}

}  // namespace freshet::app
