// SPDX-License-Identifier: Apache-2.0
#include "command/insert_statement.h"

#include <string>
#include <utility>

#include "collection/data.h"
#include "collection/insert_form.h"

namespace freshet::command {

StatementStatus InsertRunner::run(const StatementScope& scope, bson::View document,
                                  collection::StatementResult& result) {
  collection::Data& data = scope.context.services.data;
  if (!writer_) {
    catalog::CollectionPtr collection = ensure_target(scope);
    if (!collection) return StatementStatus::Changed;
    scope.context.used = collection->runtime;
    writer_.emplace(scope.unit, std::move(collection), scope.write_context());
  }
  writer_->set_stmt_id(scope.stmt_id);
  const std::string prepared =
      collection::prepare_insert(document, data.object_ids(), data.commits().applied().timestamp());
  const collection::WriteOutcome outcome = writer_->insert(bson::View(prepared));
  if (outcome.done()) result.n = 1;
  return settle(outcome, writer_->collection());
}

}  // namespace freshet::command
