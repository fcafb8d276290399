// SPDX-License-Identifier: Apache-2.0
#include "command/write_batch.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "collection/data.h"
#include "command/metrics.h"
#include "pipeline/plan/pre_images.h"

namespace freshet::command {
namespace {

// The command itself ends on these; they are no statement's fault.
bool ends_command(ErrorCode code) {
  using enum ErrorCode;
  return code == MaxTimeMSExpired || code == Interrupted || code == InterruptedAtShutdown ||
         code == ShutdownInProgress || code == TransactionTooOld || code == WriteConflict ||
         code == InterruptedDueToReplStateChange || code == ClientDisconnect ||
         code == TransactionExceededLifetimeLimitSeconds;
}

}  // namespace

void check_writable(const CommandContext& context, const model::Namespace& ns) {
  ns.check();
  static_cast<void>(context);
  const bool is_log = ns.db == "local" && ns.coll == "oplog.rs";
  if (is_log || pipeline::is_pre_images(ns)) {
    raise(ErrorCode::InvalidNamespace, "cannot write to '{}'", ns.full());
  }
  if (ns.is_command()) raise(ErrorCode::InvalidNamespace, "cannot write to '{}'", ns.full());
}

void check_documents_writable(const CommandContext& context, const model::Namespace& ns) {
  check_writable(context, ns);
  if (ns.is_system() && (!ns.is_known_system() || ns.coll == catalog::kProfileCollection)) {
    raise(ErrorCode::InvalidNamespace, "cannot write to '{}'", ns.full());
  }
}

void raise_commit_failure(commit::CommitStatus status) {
  switch (status) {
    case commit::CommitStatus::NoSpace:
      raise(ErrorCode::OutOfDiskSpace, "the disk is almost full: the write was refused");
    case commit::CommitStatus::Unknown:
      raise(ErrorCode::PrimarySteppedDown,
            "the connection to the store was lost while the write was committed");
    default:
      raise(ErrorCode::ShutdownInProgress, "the server does not accept writes any more");
  }
}

void append_write_error(bson::Builder& out, std::size_t index, const Error& error) {
  out.add("index", static_cast<std::int32_t>(index))
      .add("code", static_cast<std::int32_t>(error.code()));
  if (!error.extra().empty()) out.add_all(bson::View(error.extra()));
  out.add("errmsg", error.message());
}

WriteBatch::WriteBatch(CommandContext& context, BatchArguments arguments, std::size_t count)
    : arguments_(std::move(arguments)), count_(count) {
  const auto count_max = static_cast<std::size_t>(context.services.limits.batch_count_max);
  if (count == 0 || count > count_max) {
    raise(ErrorCode::InvalidLength,
          "Write batch sizes must be between 1 and {}. Got {} operations.", count_max, count);
  }
  if (!arguments_.stmt_ids.empty() && arguments_.stmt_ids.size() != count) {
    raise(ErrorCode::InvalidLength, "expected {} stmtIds, found {}", count,
          arguments_.stmt_ids.size());
  }
}

WriteBatch::~WriteBatch() = default;

std::int32_t WriteBatch::stmt_id(std::size_t index) const {
  return arguments_.stmt_ids.empty() ? static_cast<std::int32_t>(index)
                                     : arguments_.stmt_ids[index];
}

StatementScope WriteBatch::scope(CommandContext& context, const model::Namespace& ns,
                                 std::size_t index) {
  return {.context = context,
          .unit = *unit_,
          .ns = ns,
          .bypass_validation = arguments_.bypass_validation,
          .stmt_id = context.is_retryable_write() ? stmt_id(index) : -1,
          .in_transaction = context.transaction != nullptr};
}

Progress WriteBatch::step(CommandContext& context, bson::Builder& reply) {
  if (std::exchange(committing_, false)) finish_commit(context);
  while (unit_ || has_more()) {  // once more when the last commit has to be run again
    while (has_more()) {
      context.op.check();
      if (!unit_) begin(context);
      if (run_statement(context) == Flow::Park) return Progress::Parked;
      if (unit_ && must_commit(context)) commit(context);
    }
    if (!unit_ || !queue_commit(context)) continue;
    committing_ = !context.on_worker;
    if (committing_) return Progress::Yield;
    finish_commit(context);
  }
  if (context.write_concern.unacknowledged()) return Progress::Done;
  append_reply(context, reply);
  if (!retried_.empty()) {
    reply.open_array("retriedStmtIds");
    for (const std::int32_t id : retried_)
      reply.push(id);
    reply.close();
  }
  return Progress::Done;
}

Park WriteBatch::park(CommandContext& context) {
  return Park{.subscribe =
                  [this](const WakerPtr& waker) {
                    unit_->transaction().wait_for_conflict(waker);
                    unit_.drop();
                  },
              .deadline = context.op.deadline()};
}

void WriteBatch::begin(CommandContext& context) {
  record_.reset();
  unit_.begin(context);
  unit_start_ = next_;
  outcomes_start_ = outcomes_.size();
  failures_start_ = failures_.size();
  if (context.is_retryable_write())
    record_.emplace(unit_->transaction(), *context.session, *context.txn_number);
}

bool WriteBatch::answer_from_record(CommandContext& context) {
  if (!record_) return false;
  std::optional<collection::StatementResult> before = record_->find(stmt_id(next_));
  if (!before) return false;
  if (before->value) raise(location(50), "a findAndModify was retried as another command");
  context.services.metrics.retried_statements.add();
  retried_.push_back(stmt_id(next_));
  outcomes_.push_back({next_, std::move(*before)});
  ++next_;
  return true;
}

WriteBatch::Flow WriteBatch::run_statement(CommandContext& context) {
  if (answer_from_record(context)) return Flow::GoOn;
  const collection::WriteUnit::Savepoint before = unit_->savepoint();
  collection::StatementResult result{.n = 0};
  StatementStatus status;
  try {
    status = execute(context, next_, result);
  } catch (const Error& error) {
    if (ends_command(error.code())) throw;
    if (unit_) unit_->rollback_to(before);
    fail_statement(context, error);
    return Flow::GoOn;
  }
  if (!unit_)
    return Flow::GoOn;  // execute() gave the unit up to do something on its own, and asks to be run
                        // again
  if (status == StatementStatus::Conflict || status == StatementStatus::Changed) {
    if (!unit_.is_own()) raise_write_conflict();
    unit_->rollback_to(before);
    if (outcomes_.size() >
        outcomes_start_) {  // what stands so far is kept; the statement runs again alone
      commit(context);
      return Flow::GoOn;
    }
    return give_way(status);
  }
  if (record_ && status == StatementStatus::Done) record_->add(stmt_id(next_), result);
  outcomes_.push_back({next_, std::move(result)});
  if (status == StatementStatus::Done) ++next_;
  if (status == StatementStatus::More && unit_.is_own()) commit(context);
  return Flow::GoOn;
}

void WriteBatch::fail_statement(CommandContext& context, const Error& error) {
  // Documents that a statement changed before it failed stay changed, but are not counted.
  while (!outcomes_.empty() && outcomes_.back().index == next_)
    outcomes_.pop_back();
  outcomes_start_ = std::min(outcomes_start_, outcomes_.size());
  failures_.push_back({next_, error});
  ++next_;
  context.transaction_failed = context.transaction != nullptr;
  if (arguments_.ordered || context.transaction_failed) stopped_ = true;
}

WriteBatch::Flow WriteBatch::give_way(StatementStatus status) {
  rewind();
  if (status == StatementStatus::Conflict)
    return Flow::Park;  // park() subscribes, then lets the unit go
  unit_.drop();
  return Flow::GoOn;
}

bool WriteBatch::must_commit(const CommandContext& context) const {
  return unit_.is_own() && portion_is_full(context.services.limits, unit_->transaction());
}

void WriteBatch::commit(CommandContext& context) {
  if (queue_commit(context)) finish_commit(context);
}

// False when there is nothing to commit.
bool WriteBatch::queue_commit(CommandContext& context) {
  if (!unit_.is_own() || unit_->transaction().empty()) {
    unit_.drop();
    keep();
    return false;
  }
  if (record_) {
    const commit::HoldOutcome held = record_->save(context.services.clock.wall_ms());
    if (held != commit::HoldOutcome::Held) {
      void_unit();
      return false;
    }
  }
  unit_->enqueue();
  return true;
}

void WriteBatch::finish_commit(CommandContext& context) {
  const commit::CommitResult result = unit_->finish();
  if (result.status == commit::CommitStatus::StaleCatalog) return void_unit();
  record_.reset();
  unit_.drop();
  if (result.status != commit::CommitStatus::Committed) raise_commit_failure(result.status);
  context.operation_time = result.position;
  context.durable_position = result.position;
  keep();
}

// Nothing of the unit happened: back to where it began.
void WriteBatch::void_unit() {
  record_.reset();
  unit_.drop();
  outcomes_.resize(outcomes_start_);
  failures_.erase(failures_.begin() + static_cast<std::ptrdiff_t>(failures_start_),
                  failures_.end());
  next_ = unit_start_;
  stopped_ = false;
  rewind();
}

void WriteBatch::append_write_errors(bson::Builder& reply) const {
  if (failures_.empty()) return;
  reply.open_array("writeErrors");
  for (const Failure& failure : failures_) {
    reply.push_document();
    append_write_error(reply, failure.index, failure.error);
    reply.close();
  }
  reply.close();
}

}  // namespace freshet::command
