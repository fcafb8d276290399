// SPDX-License-Identifier: Apache-2.0
#include "app/admin_client.h"

#include <chrono>

#include "base/clock.h"
#include "workload/link.h"
#include "workload/loop.h"

namespace freshet::app {
namespace {

/// A command of a tool may take as long as it needs, and no tool runs as long as this.
constexpr std::chrono::hours kLongest{24 * 365};

}  // namespace

void run_admin_command(const workload::ServerAddress& server, bson::View command) {
  const SystemClock clock;
  workload::Loop loop(clock, clock.steady() + kLongest);
  workload::Link link(loop, server);
  static_cast<void>(link.run(command));
}

}  // namespace freshet::app
