// SPDX-License-Identifier: Apache-2.0
// What serverStatus counts.
#pragma once

#include "command/command_tally.h"
#include "command/counter.h"

namespace freshet::command {

/// opcounters and metrics.document of serverStatus.
struct Metrics {
  Counter inserts, queries, updates, deletes, getmores, commands;
  Counter documents_inserted, documents_updated, documents_deleted, documents_returned;
  Counter write_conflicts;
  Counter asserts_user;
  Counter retried_commands, retried_statements;
  CommandTally by_command;
};

}  // namespace freshet::command
