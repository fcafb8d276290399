// SPDX-License-Identifier: Apache-2.0
// What the kernel says of the server's process, when it runs on this machine.
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "workload/run.h"

namespace freshet::workload {
namespace {

constexpr int kFieldsBeforeTimes = 11;  // of /proc/PID/stat, behind the name

std::string read_proc(std::int64_t pid, const char* file) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::optional<double> processor_seconds(std::int64_t pid) {
  if (pid == 0) return std::nullopt;
  const std::string all = read_proc(pid, "stat");
  const std::size_t name_end = all.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(all.substr(name_end + 1));
  std::string passed;
  for (int i = 0; i < kFieldsBeforeTimes; ++i)
    fields >> passed;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::optional<double> resident_kb(std::int64_t pid) {
  if (pid == 0) return std::nullopt;
  const std::string all = read_proc(pid, "status");
  const std::size_t at = all.find("VmRSS:");
  if (at == std::string::npos) return std::nullopt;
  return std::stod(all.substr(at + 6));
}

}  // namespace freshet::workload
