// SPDX-License-Identifier: Apache-2.0
// The statements of one insert, update or delete command: grouped into commits, run again when
// somebody else was faster, parked while a key is held, each at most once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "collection/retry.h"
#include "collection/write_unit.h"
#include "collection/writer.h"
#include "command/command_unit.h"
#include "command/context.h"
#include "command/write_statement.h"
#include "model/namespace.h"

namespace freshet::command {

/// The fields that the write commands share.
struct BatchArguments {
  bool ordered = true;
  bool bypass_validation = false;
  std::vector<std::int32_t> stmt_ids;  ///< empty: 0, 1, 2 …
};

/// Base of insert, update, delete and bulkWrite. Not thread-safe.
class WriteBatch : public Work {
 public:
  WriteBatch(CommandContext& context, BatchArguments arguments, std::size_t count);
  ~WriteBatch() override;

  Progress step(CommandContext& context, bson::Builder& reply) final;
  Park park(CommandContext& context) final;

 protected:
  /// Runs statement `index` (or its next part) inside unit(); adds to `result`. Throws Error for a
  /// write error.
  virtual StatementStatus execute(CommandContext& context, std::size_t index,
                                  collection::StatementResult& result) = 0;
  /// What was executed since the last commit is void: forget it.
  virtual void rewind() = 0;
  /// What was executed since the last commit stands.
  virtual void keep() = 0;
  virtual void append_reply(CommandContext& context, bson::Builder& reply) = 0;

  /// What statement `index` on `ns` is tried with. Requires: within execute().
  StatementScope scope(CommandContext& context, const model::Namespace& ns, std::size_t index);

  struct Outcome {
    std::size_t index;
    collection::StatementResult result;
  };
  struct Failure {
    std::size_t index;
    Error error;
  };
  /// Results of statements, in order; several parts of one statement stand behind each other.
  const std::vector<Outcome>& outcomes() const { return outcomes_; }
  /// The statements that failed, in order.
  const std::vector<Failure>& failures() const { return failures_; }
  /// The writeErrors of the reply, when there are any.
  void append_write_errors(bson::Builder& reply) const;

 private:
  enum class Flow : std::uint8_t { GoOn, Park };

  void begin(CommandContext& context);
  Flow run_statement(CommandContext& context);
  bool answer_from_record(CommandContext& context);
  void fail_statement(CommandContext& context, const Error& error);
  Flow give_way(StatementStatus status);
  bool must_commit(const CommandContext& context) const;
  bool has_more() const { return !stopped_ && next_ < count_; }
  void commit(CommandContext& context);
  bool queue_commit(CommandContext& context);
  void finish_commit(CommandContext& context);
  void void_unit();
  std::int32_t stmt_id(std::size_t index) const;

  const BatchArguments arguments_;
  const std::size_t count_;
  std::size_t next_ = 0;
  CommandUnit unit_;
  std::optional<collection::RetryRecord> record_;
  std::size_t unit_start_ = 0;      // first statement of the unit
  std::size_t outcomes_start_ = 0;  // first outcome of the unit
  std::size_t failures_start_ = 0;
  std::vector<Outcome> outcomes_;
  std::vector<Failure> failures_;
  std::vector<std::int32_t> retried_;
  bool stopped_ = false;
  bool committing_ = false;  // queued, to be finished in the next step
};

/// Throws unless clients may write to `ns`: InvalidNamespace (73) and friends.
void check_writable(const CommandContext& context, const model::Namespace& ns);
/// check_writable() for documents: system collections of the server's own are refused too.
void check_documents_writable(const CommandContext& context, const model::Namespace& ns);
/// Throws what a commit that did not happen means to the client. Requires: not Committed, not
/// StaleCatalog.
[[noreturn]] void raise_commit_failure(commit::CommitStatus status);
/// {index, code, errmsg, …} of one write error into the open document.
void append_write_error(bson::Builder& out, std::size_t index, const Error& error);

}  // namespace freshet::command
