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
  bool allow_partial_results = false;
};

/// `body` is the find command, which must outlive the result.
FindArguments read_find_arguments(const CommandContext& context, bson::View body);

/// Throws InvalidPipelineOperator (168) for options that a find on a view does not have, since an
/// aggregation has none of them.
void check_view_options(const CommandContext& context, const FindArguments& arguments);

/// Throws CommandNotSupported (115) for the buckets of a time-series collection, which this server
/// does not keep: reading them must not look as if there were no data.
void check_readable(const CommandContext& context, const model::Namespace& ns);

/// Where the command's read concern, or its transaction, reads.
void set_read_view(const CommandContext& context, pipeline::QuerySpec& spec);

}  // namespace freshet::command
