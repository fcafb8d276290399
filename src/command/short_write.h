// SPDX-License-Identifier: Apache-2.0
// Which writes run on the connection's own thread: those that are sure to be done in no time.
#pragma once

#include "command/context.h"

namespace freshet::command {

/// False when the write may take long: a large request, or a statement that may have to look at
/// many documents to find its own. A guess from the outside of the command, which it need not be
/// right to parse: what is wrong with it, its own parser says.
bool is_short_write(const CommandContext& context);

}  // namespace freshet::command
