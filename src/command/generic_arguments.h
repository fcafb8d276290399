// SPDX-License-Identifier: Apache-2.0
// The fields that every command may carry, read once before the command runs.
#pragma once

#include "command/context.h"

namespace freshet::command {

/// Fills the context's concerns, session, transaction number, deadline and comment from its body.
/// Throws MongoDB's codes for wrong types, for concerns the command does not take, and for what
/// this server does not do.
void read_generic_arguments(CommandContext& context);

}  // namespace freshet::command
