// SPDX-License-Identifier: Apache-2.0
// What a command that queries leaves in its context for `top` and the profiler.
#pragma once

#include "command/context.h"
#include "model/namespace.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::command {

/// The plan's collection, and while the profiler watches everything a summary of the plan.
void note_plan(CommandContext& context, const pipeline::QueryPlan& plan);
/// What the plan has looked at.
void note_examined(CommandContext& context, const pipeline::QueryPlan& plan);
/// The collection, when it is known by name only.
void note_used(CommandContext& context, const model::Namespace& ns);

}  // namespace freshet::command
