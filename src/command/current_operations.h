// SPDX-License-Identifier: Apache-2.0
// The entries of currentOp and $currentOp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "command/services.h"

namespace freshet::command {

/// One document for each command that runs or is parked.
std::vector<std::string> current_operations(CommandServices& services);
/// One document for each open cursor that no command uses. Reads the log.
std::vector<std::string> idle_cursors(CommandServices& services);
/// By cursor id, for each cursor that a command uses now, what its operation shows of it: {cursor:
/// …}. Reads the log.
std::unordered_map<std::int64_t, std::string> used_cursors(CommandServices& services);

/// "query", "insert", "command", … as the `op` field has it.
std::string_view operation_kind(std::string_view command);

}  // namespace freshet::command
