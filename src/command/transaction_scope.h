// SPDX-License-Identifier: Apache-2.0
// A request's turn in its session: entered before the command runs, left when it has run.
#pragma once

#include <optional>

#include "base/park.h"
#include "command/context.h"
#include "session/transaction_table.h"

namespace freshet::command {

/// Owned by its request; destroyed with it, it takes a transaction along whose statement did not
/// come to its end.
class TransactionScope {
 public:
  /// Makes the context's transaction and view what its command asks for; false while another
  /// command has the turn. Throws what TransactionTable::enter() throws, and SnapshotUnavailable
  /// (246) for a time that cannot be read.
  bool enter(CommandContext& context);
  /// Requires: enter() gave false.
  Park wait(const CommandContext& context) const;

  /// The command has run: its transaction goes on, unless a statement of it failed. Throws what
  /// TransactionUse::keep() throws.
  void keep(CommandContext& context);
  /// The command's turn is over; what was not kept or committed is aborted.
  void leave(CommandContext& context);

 private:
  bool enter_transaction(CommandContext& context);
  static void open_snapshot(CommandContext& context);

  std::optional<session::TransactionUse> use_;
  bool entered_ = false;
};

}  // namespace freshet::command
