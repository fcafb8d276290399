// SPDX-License-Identifier: Apache-2.0
// What plans need, out of what commands have.
#pragma once

#include "collection/data.h"
#include "command/services.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::command {

inline pipeline::PlanServices plan_services(CommandServices& services) {
  return {services.data.store(), services.data.commits(), services.data.catalog(),
          services.clock,        services.random,         services.image_ages};
}

}  // namespace freshet::command
