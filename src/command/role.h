// SPDX-License-Identifier: Apache-2.0
// What this server answers while it is not primary.
#pragma once

#include "command/context.h"

namespace freshet::command {

/// Throws NotWritablePrimary (10107) or NotPrimaryNoSecondaryOk (13435) when the command needs a
/// primary and this server is none.
void check_role(const CommandContext& context);

}  // namespace freshet::command
