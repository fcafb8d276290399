// SPDX-License-Identifier: Apache-2.0
// Opening a change stream for an aggregate that begins with $changeStream.
#pragma once

#include "command/aggregate_arguments.h"
#include "command/context.h"
#include "cursor/registry.h"

namespace freshet::command {

/// Throws what the stage's options, its stages and its starting point deserve
/// (change-streams.md 1.11).
cursor::CursorPin open_change_stream(CommandContext& context, const AggregateArguments& arguments);

}  // namespace freshet::command
