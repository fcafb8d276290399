// SPDX-License-Identifier: Apache-2.0
// One delete: the first or every document that matches.
#pragma once

#include <optional>

#include "bson/view.h"
#include "command/write_statement.h"
#include "pipeline/plan/statement_records.h"

namespace freshet::command {

/// Views borrow the command.
struct DeleteStatement {
  bson::View filter;
  bson::View collation;
  bool collation_given = false;
  bson::ValueView hint;
  bool multi = false;
};

/// Runs one statement, over as many units as it takes. Not thread-safe.
class DeleteRunner {
 public:
  /// `statement` outlives this; `let` are the command's variables.
  DeleteRunner(const DeleteStatement& statement, bson::View let)
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
  StatementStatus run_many(const StatementScope& scope, const catalog::CollectionPtr& collection,
                           collection::StatementResult& result);

  const DeleteStatement& statement_;
  const bson::View let_;
  std::optional<pipeline::StatementRecords> records_;
};

}  // namespace freshet::command
