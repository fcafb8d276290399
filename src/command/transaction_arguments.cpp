// SPDX-License-Identifier: Apache-2.0
#include "command/transaction_arguments.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "command/command_table.h"

namespace freshet::command {
namespace {

using Level = model::ReadConcern::Level;

constexpr std::string_view kRefusedStages[] = {
    "$changeStream",      "$collStats",          "$currentOp", "$indexStats", "$listSessions",
    "$listLocalSessions", "$listSampledQueries", "$merge",     "$out",        "$planCacheStats",
};

bool has_writes_to_data(const CommandRow& row) {
  return (row.flags & kWrites) != 0 && (row.flags & kEndsTransaction) == 0;
}

void check_together(const CommandContext& context, const TransactionArguments& arguments) {
  if (context.txn_number && !context.session) {
    raise(ErrorCode::InvalidOptions,
          "Transaction number requires a session ID to also be specified");
  }
  if (arguments.autocommit && !context.txn_number) {
    raise(ErrorCode::InvalidOptions,
          "'autocommit' field requires a transaction number to also be specified");
  }
  if (arguments.start && !arguments.autocommit) {
    raise(ErrorCode::InvalidOptions,
          "'startTransaction' field requires 'autocommit' field to also be specified");
  }
  if (arguments.autocommit.value_or(false)) {
    raise(ErrorCode::InvalidOptions,
          "Specifying autocommit=true is not allowed. autocommit may only be set to false");
  }
  if (!arguments.start.value_or(true)) {
    raise(ErrorCode::InvalidOptions,
          "Specifying startTransaction=false is not allowed. startTransaction may only be set to "
          "true");
  }
}

void check_number_outside(const CommandContext& context) {
  const CommandRow& row = context.row;
  if (!context.txn_number || (row.flags & kRetryable) != 0) return;
  if ((row.flags & kNoSession) != 0) {
    raise(location(50889), "It is illegal to provide a txnNumber for command {}", row.name);
  }
  // Reads that could be statements of a transaction are read all the same, as they always were.
  if ((row.flags & kInTransaction) != 0 && !has_writes_to_data(row)) return;
  raise(ErrorCode::NotARetryableWriteCommand,
        "txnNumber may only be provided for multi-document transactions and retryable write "
        "commands. autocommit:false was not provided, and {} is not a retryable write command.",
        row.name);
}

// Refused before the transaction is looked at: it goes on.
void check_allowed(const CommandContext& context) {
  const CommandRow& row = context.row;
  if ((row.flags & kInTransaction) == 0) {
    raise(ErrorCode::OperationNotSupportedInTransaction,
          "Cannot run '{}' in a multi-document transaction.", row.name);
  }
  const bool ends = (row.flags & kEndsTransaction) != 0;
  const bool first_refused = ends || row.name == "getMore" || row.name == "killCursors";
  if (context.start_transaction && first_refused) {
    raise(ErrorCode::OperationNotSupportedInTransaction,
          "Cannot run '{}' as the first operation of a multi-document transaction.", row.name);
  }
  const bool internal =
      context.db == "config" || context.db == "local" ||
      (context.db == "admin" && has_writes_to_data(row) && row.name != "bulkWrite");
  if (internal) {
    raise(ErrorCode::OperationNotSupportedInTransaction,
          "Cannot run command against the '{}' database in a transaction.", context.db);
  }
  if (context.body["tailable"].truthy()) {
    raise(ErrorCode::InvalidOptions, "Tailable cursors are not allowed in transactions");
  }
}

void check_concerns(const CommandContext& context) {
  const bool ends = (context.row.flags & kEndsTransaction) != 0;
  const bool has_read_concern = static_cast<bool>(context.body["readConcern"]);
  if (has_read_concern && (ends || !context.start_transaction)) {
    raise(ErrorCode::InvalidOptions,
          "Only the first command in a transaction may specify a readConcern");
  }
  if (context.body["writeConcern"] && !ends) {
    raise(ErrorCode::InvalidOptions,
          "writeConcern is not allowed within a multi-statement transaction");
  }
  const Level level = context.read_concern.effective_level();
  if (level == Level::Available || level == Level::Linearizable) {
    raise(ErrorCode::InvalidOptions,
          "The readConcern level must be either 'local' (default), 'majority' or 'snapshot' in "
          "order to run in a transaction");
  }
}

}  // namespace

void read_transaction_arguments(CommandContext& context, const TransactionArguments& arguments) {
  check_together(context, arguments);
  if (!arguments.autocommit) return check_number_outside(context);
  context.in_transaction = true;
  context.start_transaction = arguments.start.has_value();
  check_allowed(context);
  check_concerns(context);
  if ((context.row.flags & kEndsTransaction) == 0) {
    // The commit waits for what the statements did.
    context.write_concern.w_mode.clear();
    context.write_concern.w_number = 1;
  }
}

void check_stages_in_transaction(bson::View pipeline) {
  for (const bson::Element& stage : pipeline) {
    if (!stage.is_document() || stage.as_document().empty()) continue;
    const std::string_view name = (*stage.as_document().begin()).name();
    if (std::find(std::begin(kRefusedStages), std::end(kRefusedStages), name) ==
        std::end(kRefusedStages)) {
      continue;
    }
    raise(ErrorCode::OperationNotSupportedInTransaction,
          "Operation not permitted in transaction :: caused by :: Aggregation stage {} cannot run "
          "within a multi-document transaction",
          name);
  }
}

}  // namespace freshet::command
