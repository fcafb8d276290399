// SPDX-License-Identifier: Apache-2.0
// The entries of currentOp and $currentOp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command/services.h"

namespace freshet::command {

/// One document for each command that runs or is parked.
std::vector<std::string> current_operations(CommandServices& services);

/// "query", "insert", "command", … as the `op` field has it.
std::string_view operation_kind(std::string_view command);

}  // namespace freshet::command
