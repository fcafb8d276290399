// SPDX-License-Identifier: Apache-2.0
// explain of the commands that write: which documents they would take, and what they would do.
#pragma once

#include "bson/builder.h"
#include "command/context.h"
#include "command/explain_reply.h"

namespace freshet::command {

/// `command` is the explained command. Nothing is written.
void explain_update(CommandContext& context, bson::View command, Verbosity verbosity,
                    bson::Builder& reply);
void explain_delete(CommandContext& context, bson::View command, Verbosity verbosity,
                    bson::Builder& reply);
void explain_find_and_modify(CommandContext& context, bson::View command, Verbosity verbosity,
                             bson::Builder& reply);

}  // namespace freshet::command
