// SPDX-License-Identifier: Apache-2.0
#include "workload/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace freshet::workload {
namespace {

constexpr std::int64_t kCallsPerLook = 256;  // at the clock
constexpr Milliseconds kBetweenLines{200};

}  // namespace

Progress::Progress(const Clock& clock) : clock_(clock), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::begin(std::string_view workload) {
  workload_ = workload;
  calls_ = 0;
  shown_ = clock_.steady();
  if (terminal_) {
    show(workload_ + " …");
  } else {
    fmt::print(stderr, "{} …\n", workload_);
  }
}

void Progress::update(std::string_view what, std::int64_t done, std::int64_t total) {
  if (!terminal_ || ++calls_ % kCallsPerLook != 0) return;
  const SteadyTime now = clock_.steady();
  if (now - shown_ < kBetweenLines) return;
  shown_ = now;
  show(fmt::format("{} {} {} of {} ({} %)", workload_, what, done, total,
                   100 * done / std::max(total, std::int64_t{1})));
}

void Progress::end(const std::string& outcome) {
  if (terminal_) {
    show(workload_ + ": " + outcome + "\n");
  } else {
    fmt::print(stderr, "{}: {}\n", workload_, outcome);
  }
}

void Progress::show(const std::string& line) {
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
}

}  // namespace freshet::workload
