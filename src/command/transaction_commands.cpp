// SPDX-License-Identifier: Apache-2.0
// commitTransaction, abortTransaction. What entered the transaction for them, and what leaves it,
// is the request's scope: abortTransaction has nothing left to do.
#include <memory>

#include "base/error.h"
#include "catalog/ddl_commit.h"
#include "command/command_table.h"
#include "command/commands.h"
#include "command/write_batch.h"
#include "session/open_transaction.h"
#include "session/transaction_table.h"

namespace freshet::command {
namespace {

// From here on a commit is no longer short.
constexpr std::size_t kShortCommitBytes = std::size_t{1} << 20;

void check_in_transaction(const CommandContext& context) {
  if (context.in_transaction) return;
  if (context.txn_number) {
    raise(ErrorCode::NoSuchTransaction,
          "{} must be run with autocommit=false: transaction number {} is that of no open "
          "transaction",
          context.row.name, *context.txn_number);
  }
  raise(ErrorCode::CommandFailed, "{} must be run within a transaction", context.row.name);
}

class CommitTransaction final : public Work {
 public:
  Progress step(CommandContext& context, bson::Builder&) override {
    session::TransactionUse& use = *context.transaction_use;
    if (!use.open()) {  // sent again: only the wait is left
      wait_for(context, use.committed_at());
      return Progress::Done;
    }
    if (!context.on_worker && use.open()->operation_bytes() > kShortCommitBytes) {
      return Progress::NeedWorker;
    }
    context.view.reset();
    const commit::CommitResult result = use.open()->commit(use.session(), use.number());
    if (result.status == commit::CommitStatus::StaleCatalog) raise_write_conflict();
    if (result.status != commit::CommitStatus::Committed) raise_commit_failure(result.status);
    use.committed(result.position);
    wait_for(context, result.position);
    return Progress::Done;
  }

  Park park(CommandContext&) override { return {}; }

 private:
  static void wait_for(CommandContext& context, model::ClusterTime position) {
    context.operation_time = position;
    context.durable_position = position;
  }
};

}  // namespace

std::unique_ptr<Work> start_commit_transaction(CommandContext& context) {
  check_in_transaction(context);
  return std::make_unique<CommitTransaction>();
}

void run_abort_transaction(CommandContext& context, bson::Builder&) {
  check_in_transaction(context);
}

}  // namespace freshet::command
