// SPDX-License-Identifier: Apache-2.0
// The one binary `freshet`.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "app/backup.h"
#include "app/command_line.h"
#include "app/exit_code.h"
#include "app/process.h"
#include "app/serve.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "workload/measure.h"

namespace freshet::app {
namespace {

struct Run {
  ExitCode operator()(const Text& text) const {
    std::fputs(text.text.c_str(), stdout);
    return ExitCode::Ok;
  }
  ExitCode operator()(const ServeOptions& options) const { return serve(options); }
  ExitCode operator()(const BackupOptions& options) const { return backup(options); }
  ExitCode operator()(const RepairOptions& options) const { return repair(options); }
  ExitCode operator()(const workload::Options& options) const {
    raise_open_files_max();  // each stream has a connection
    const SystemClock clock;
    SystemRandom random;
    fmt::print("{}", workload::measure(options, clock, random));
    return ExitCode::Ok;
  }
};

/// Network errors have a code of their own; what else is raised concerns the data, of which a
/// measurement has none.
ExitCode exit_code_of(const Task& task, const Error& error) {
  const bool network =
      error.code() == ErrorCode::HostUnreachable || error.code() == ErrorCode::HostNotFound;
  if (network) return ExitCode::Network;
  return std::holds_alternative<workload::Options>(task) ? ExitCode::Failed : ExitCode::Storage;
}

ExitCode complain(const char* why, ExitCode code) {
  std::fflush(stdout);
  std::fprintf(stderr, "freshet: %s\n", why);
  return code;
}

ExitCode run(const std::vector<std::string>& arguments) {
  Task task;
  try {
    task = parse_command_line(arguments);
  } catch (const Error& error) {
    return complain(error.what(), ExitCode::Usage);
  }
  try {
    return std::visit(Run(), task);
  } catch (const Error& error) {
    return complain(error.what(), exit_code_of(task, error));
  } catch (const std::exception& error) {
    return complain(error.what(), ExitCode::Failed);
  }
}

}  // namespace
}  // namespace freshet::app

// jemalloc's settings, where it is the allocator; MALLOC_CONF in the environment goes before them.
// Left to itself it gives everything above 8 MB back to the kernel at once, and a stream that
// catches up asks for 16 MB again and again: a quarter of its time went to fresh pages. Memory
// that stays unused for ten seconds is given back by a thread of its own, also when all is idle.
// The name is jemalloc's, so it stands outside of every namespace.
extern "C" const char* malloc_conf;  // NOLINT(readability-redundant-declaration)
const char* malloc_conf = "oversize_threshold:0,background_thread:true,max_background_threads:1";

int main(int count, char** values) {
  return static_cast<int>(freshet::app::run(std::vector<std::string>(values + 1, values + count)));
}
