// SPDX-License-Identifier: Apache-2.0
// hostInfo, getCmdLineOpts, getLog: the machine, how the server was started, what it wrote.
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/identity.h"

namespace freshet::command {
namespace {

/// The value behind `key` in a file of "key=value" or "key : value" lines; empty when there is
/// none.
std::string value_in(const char* path, std::string_view key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find(separator);
    if (at == std::string::npos || !line.starts_with(key)) continue;
    std::string value = line.substr(at + 1);
    constexpr std::string_view kAround = " \t\"";
    value.erase(0, value.find_first_not_of(kAround));
    value.erase(value.find_last_not_of(kAround) + 1);
    return value;
  }
  return {};
}

}  // namespace

void run_host_info(CommandContext& context, bson::Builder& reply) {
  utsname name{};
  ::uname(&name);
  const std::int64_t memory_mb =
      static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE) / (1 << 20);
  reply.open_document("system").add_date("currentTime", context.services.clock.wall_ms());
  reply.add("hostname", context.services.identity.advertised).add("cpuAddrSize", std::int32_t{64});
  reply.add("memSizeMB", memory_mb).add("memLimitMB", memory_mb);
  reply.add("numCores", static_cast<std::int32_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
  reply.add("cpuArch", std::string_view(name.machine)).add("numaEnabled", false).close();
  reply.open_document("os")
      .add("type", "Linux")
      .add("name", value_in("/etc/os-release", "PRETTY_NAME", '='));
  reply.add("version", "Kernel " + std::string(name.release)).close();
  reply.open_document("extra").add("versionString", std::string_view(name.version));
  reply.add("kernelVersion", std::string_view(name.release));
  reply.add("cpuString", value_in("/proc/cpuinfo", "model name", ':'));
  reply.add("cpuFrequencyMHz", value_in("/proc/cpuinfo", "cpu MHz", ':'));
  reply.add("pageSize", static_cast<std::int64_t>(::sysconf(_SC_PAGESIZE)));
  reply.add("numPages", static_cast<std::int32_t>(::sysconf(_SC_PHYS_PAGES)));
  reply.add("maxOpenFiles", static_cast<std::int32_t>(::sysconf(_SC_OPEN_MAX))).close();
}

void run_get_cmd_line_opts(CommandContext& context, bson::Builder& reply) {
  const Host& host = context.services.host;
  reply.open_array("argv");
  for (const std::string& argument : host.arguments)
    reply.push(argument);
  reply.close();
  reply.add("parsed", host.parsed_options.empty() ? bson::View() : bson::View(host.parsed_options));
}

void run_get_log(CommandContext& context, bson::Builder& reply) {
  const bson::Element first = *context.body.begin();
  const std::string_view which = Field("getLog", first).string();
  if (which == "*") {
    reply.open_array("names").push("global").push("startupWarnings").close();
    return;
  }
  if (which != "global" && which != "startupWarnings") {
    raise(ErrorCode::OperationFailed, "no RamLog named: {}", which);
  }
  const Logger::Lines lines =
      which == "global" ? context.services.log.recent() : context.services.log.startup_warnings();
  reply.add("totalLinesWritten", static_cast<std::int32_t>(lines.written));
  reply.open_array("log");
  for (const std::string& line : lines.lines)
    reply.push(line);
  reply.close();
}

}  // namespace freshet::command
