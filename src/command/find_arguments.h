// SPDX-License-Identifier: Apache-2.0
// The fields of find, for find itself and for explain.
#pragma once

#include <cstdint>
#include <optional>

#include "command/context.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::command {

struct FindArguments {
  pipeline::FindSpec spec;
  std::optional<std::int64_t> batch_size;
  bool single_batch = false;
  bool tailable = false;
  bool await_data = false;
  bool no_timeout = false;
};

/// `body` is the find command, which must outlive the result.
FindArguments read_find_arguments(const CommandContext& context, bson::View body);

/// Where the command's read concern reads.
commit::ReadPoint read_point(const CommandContext& context);

}  // namespace freshet::command
