// SPDX-License-Identifier: Apache-2.0
// The fields of count and distinct, for the commands themselves and for explain.
#pragma once

#include <cstdint>

#include "command/context.h"
#include "command/find_arguments.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::command {

struct CountArguments {
  pipeline::FindSpec spec;  ///< its limit is what has to be counted at most, the skipped included
  std::int64_t limit = 0;
  std::int64_t skip = 0;
};

struct DistinctArguments {
  pipeline::FindSpec spec;
  bool has_key = false;
};

/// `body` is the command, which must outlive the result.
CountArguments read_count_arguments(const CommandContext& context, bson::View body);
DistinctArguments read_distinct_arguments(const CommandContext& context, bson::View body);

/// The collection that a command's first field names. Throws InvalidNamespace (73).
model::Namespace namespace_of(const CommandContext& context, bson::View body);

}  // namespace freshet::command
