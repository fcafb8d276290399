// SPDX-License-Identifier: Apache-2.0
// The fields that make a command a statement of a multi-document transaction, and which commands
// may be one.
#pragma once

#include <optional>

#include "bson/view.h"
#include "command/context.h"

namespace freshet::command {

/// As sent.
struct TransactionArguments {
  std::optional<bool> autocommit;
  std::optional<bool> start;
};

/// Fills in_transaction and start_transaction, and the write concern that statements have none of.
/// Throws InvalidOptions (72), NotARetryableWriteCommand (50768), Location50889 and
/// OperationNotSupportedInTransaction (263) as MongoDB does. Requires: the other generic arguments
/// were read.
void read_transaction_arguments(CommandContext& context, const TransactionArguments& arguments);

/// Throws OperationNotSupportedInTransaction (263) for a stage that may not run in transactions.
void check_stages_in_transaction(bson::View pipeline);

}  // namespace freshet::command
