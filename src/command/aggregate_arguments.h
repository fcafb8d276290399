// SPDX-License-Identifier: Apache-2.0
// The fields of aggregate, for aggregate itself and for explain.
#pragma once

#include <cstdint>
#include <optional>

#include "bson/builder.h"
#include "command/context.h"
#include "command/pipeline_output.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::command {

struct AggregateArguments {
  pipeline::AggregateSpec spec;
  OutputArguments output;
  std::optional<std::int64_t> batch_size;
  bool has_pipeline = false;
  bool has_cursor = false;
  bool explain = false;
};

/// `body` is the aggregate command, which must outlive the result.
AggregateArguments read_aggregate_arguments(const CommandContext& context, bson::View body);

/// The pipeline's first stage is $changeStream.
bool begins_with_change_stream(bson::View pipeline);
/// True when the first stage is one that measures open streams: $currentOp.
bool reads_server_state(bson::View pipeline);

/// Throws APIStrictError (323) for stages that API version 1 does not have.
void check_stages_in_stable_api(bson::View pipeline);

/// aggregate with explain: true.
void run_explain_aggregate(CommandContext& context, const AggregateArguments& arguments,
                           bson::Builder& reply);

}  // namespace freshet::command
