// SPDX-License-Identifier: Apache-2.0
// ping: is anybody there? The reply's operationTime serves clients as a starting point for streams.
#include "command/commands.h"

namespace freshet::command {

void run_ping(CommandContext&, bson::Builder&) {}

}  // namespace freshet::command
