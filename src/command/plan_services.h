// SPDX-License-Identifier: Apache-2.0
// What plans need, out of what commands have.
#pragma once

#include "base/limits.h"
#include "collection/data.h"
#include "command/services.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::command {

inline pipeline::PlanServices plan_services(CommandServices& services) {
  return {
      .store = services.data.store(),
      .commits = services.data.commits(),
      .catalog = services.data.catalog(),
      .clock = services.clock,
      .random = services.random,
      .image_ages = services.image_ages,
      .spill = services.spill,
      .stage_memory_bytes_max = static_cast<std::size_t>(services.limits.stage_memory_bytes_max)};
}

}  // namespace freshet::command
