// SPDX-License-Identifier: Apache-2.0
#include "command/transaction_scope.h"

#include <utility>

#include "base/error.h"
#include "base/limits.h"
#include "collection/data.h"
#include "command/command_table.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {
namespace {

using session::Statement;
using Level = model::ReadConcern::Level;

Statement statement_of(const CommandContext& context) {
  if (context.row.name == "commitTransaction") return Statement::Commit;
  if (context.row.name == "abortTransaction") return Statement::Abort;
  return context.start_transaction ? Statement::Begin : Statement::Continue;
}

commit::CommitLayer& commits_of(const CommandContext& context) {
  return context.services.commit;
}

std::shared_ptr<const storage::Snapshot> snapshot_at(const CommandContext& context) {
  const model::ClusterTime at = *context.read_concern.at_cluster_time;
  auto snapshot = commits_of(context).snapshot_at(at);
  if (snapshot) return snapshot;
  raise(ErrorCode::SnapshotUnavailable,
        "Unable to read at cluster time ({}, {}): no snapshot of exactly that time is kept",
        at.seconds(), at.increment());
}

}  // namespace

bool TransactionScope::enter(CommandContext& context) {
  if (entered_) return true;
  if (context.in_transaction) {
    entered_ = enter_transaction(context);
    return entered_;
  }
  const bool retryable = context.is_retryable_write() && (context.row.flags & kRetryable) != 0;
  if (retryable &&
      !context.services.transactions.note_retryable_write(*context.session, *context.txn_number)) {
    return false;
  }
  // A cursor goes on with its own snapshot; drivers say so with each getMore.
  const bool snapshot = context.read_concern.effective_level() == Level::Snapshot;
  if (snapshot && context.row.name != "getMore") open_snapshot(context);
  entered_ = true;
  return true;
}

bool TransactionScope::enter_transaction(CommandContext& context) {
  session::BeginOptions options;
  if (context.start_transaction && context.read_concern.at_cluster_time) {
    options.snapshot = snapshot_at(context);
  }
  std::optional<session::TransactionUse> use = context.services.transactions.enter(
      *context.session, *context.txn_number, statement_of(context), options, context.op);
  if (!use) return false;
  use_.emplace(*std::move(use));
  context.transaction = use_->open();
  context.transaction_use = &*use_;
  if (context.transaction) {
    context.view = context.transaction->view();
    context.operation_time = context.transaction->snapshot_position();
  }
  return true;
}

// The time that the server picks is readable from now on for the whole window.
void TransactionScope::open_snapshot(CommandContext& context) {
  const std::optional<model::ClusterTime> asked = context.read_concern.at_cluster_time;
  const auto snapshot = asked ? snapshot_at(context) : commits_of(context).pin_visible();
  const Milliseconds window(context.services.limits.snapshot_window_ms_max);
  context.view = pipeline::FixedView{.reader = snapshot,
                                     .catalog = context.services.data.catalog().at(*snapshot),
                                     .readable_until = context.services.clock.steady() + window};
  context.at_cluster_time = asked.value_or(snapshot->position());
  context.operation_time = context.at_cluster_time;
}

Park TransactionScope::wait(const CommandContext& context) const {
  return {.subscribe = [table = &context.services.transactions, session = *context.session](
                           const WakerPtr& waker) { table->wait(session, waker); },
          .deadline = context.op.deadline()};
}

void TransactionScope::keep(CommandContext& context) {
  const bool ends = (context.row.flags & kEndsTransaction) != 0;
  if (use_ && !ends && !context.transaction_failed) use_->keep();
}

void TransactionScope::leave(CommandContext& context) {
  context.transaction_use = nullptr;
  context.transaction.reset();
  context.view.reset();
  use_.reset();
  entered_ = false;
}

}  // namespace freshet::command
