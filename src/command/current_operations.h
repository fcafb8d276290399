// SPDX-License-Identifier: Apache-2.0
// The entries of currentOp and $currentOp.
#pragma once

#include <string>
#include <string_view>
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

/// One document for each command that runs or is parked, then for each open cursor if wanted.
std::vector<std::string> current_operations(CommandServices& services,
                                            const CurrentOpOptions& options);

/// "query", "insert", "command", … as the `op` field has it.
std::string_view operation_kind(std::string_view command);

}  // namespace freshet::command
