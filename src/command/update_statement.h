// SPDX-License-Identifier: Apache-2.0
// One update: which documents, what becomes of them, and whether one is made when there is none.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "bson/view.h"
#include "command/write_statement.h"
#include "pipeline/plan/statement_records.h"
#include "query/update.h"

namespace freshet::command {

/// Views borrow the command.
struct UpdateStatement {
  bson::View filter;
  bson::ValueView update;
  bson::View constants;  ///< variables of a pipeline update; they stand over the command's
  bson::View array_filters;
  bson::View collation;
  bool collation_given = false;
  bson::View sort;
  bson::ValueView hint;
  bool multi = false;
  bool upsert = false;
};

/// Throws FailedToParse (9) for what is no update, and for options that do not go together (51198).
void check_statement(const UpdateStatement& statement);

/// Runs one statement, over as many units as it takes. Not thread-safe.
class UpdateRunner {
 public:
  /// `statement` outlives this; `let` are the command's variables.
  UpdateRunner(const UpdateStatement& statement, bson::View let)
      : statement_(statement), let_(let) {}

  StatementStatus run(const StatementScope& scope, collection::StatementResult& result);
  /// What was done since the last commit is void.
  void rewind() {
    if (records_) records_->rewind();
  }
  /// It stands.
  void keep() {
    if (records_) records_->keep();
  }

 private:
  void open(const StatementScope& scope, const catalog::CollectionPtr& collection);
  std::string merged_let() const;
  StatementStatus run_many(const StatementScope& scope, const catalog::CollectionPtr& collection,
                           collection::StatementResult& result);
  StatementStatus apply(const StatementScope& scope, const catalog::CollectionPtr& collection,
                        const pipeline::PickedRecord& record, collection::StatementResult& result);
  StatementStatus apply_guarded(const StatementScope& scope,
                                const catalog::CollectionPtr& collection,
                                const pipeline::PickedRecord& record,
                                collection::StatementResult& result);
  StatementStatus finish_unmatched(const StatementScope& scope,
                                   const catalog::CollectionPtr& collection,
                                   collection::StatementResult& result);

  const UpdateStatement& statement_;
  const bson::View let_;
  std::string let_of_statement_;
  std::optional<pipeline::StatementRecords> records_;
  std::optional<query::Update> update_;
  bool matched_any_ = false;
  std::optional<Error> failed_;  // to be thrown once what stands is committed
};

}  // namespace freshet::command
