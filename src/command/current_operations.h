// SPDX-License-Identifier: Apache-2.0
// The entries of currentOp and $currentOp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bson/view.h"
#include "command/services.h"

namespace freshet::command {

/// What $currentOp is asked for.
struct CurrentOpOptions {
  bool idle_cursors = false;
  bool truncate = false;  ///< commands longer than a kilobyte are cut
};

/// The options of a $currentOp stage. Throws FailedToParse (9).
CurrentOpOptions read_current_op_options(bson::View stage);

/// One document for each command that runs or is parked.
std::vector<std::string> current_operations(CommandServices& services,
                                            const CurrentOpOptions& options);
/// One document for each open cursor that no command uses. Reads the log.
std::vector<std::string> idle_cursors(CommandServices& services, const CurrentOpOptions& options);
/// By the id of a cursor that a command uses now, what its operation shows of it: {cursor: …}.
using CursorsInUse = std::unordered_map<std::int64_t, std::string>;
/// Reads the log.
CursorsInUse used_cursors(CommandServices& services, const CurrentOpOptions& options);

/// A command as it is shown: whole, or {$truncated: …}.
std::string shown_command(bson::View command, const CurrentOpOptions& options);

/// "query", "insert", "command", … as the `op` field has it.
std::string_view operation_kind(std::string_view command);

}  // namespace freshet::command
