// SPDX-License-Identifier: Apache-2.0
#include "command/write_statement.h"

#include "base/error.h"
#include "base/limits.h"
#include "collection/data.h"
#include "session/open_transaction.h"

namespace freshet::command {

collection::WriteContext StatementScope::write_context() const {
  collection::WriteContext out = context.services.data.write_context();
  out.bypass_validation = bypass_validation;
  if (stmt_id >= 0) {
    out.lsid = context.session;
    out.txn_number = *context.txn_number;
    out.stmt_id = stmt_id;
  }
  return out;
}

void check_writable_in_transaction(const catalog::CollectionDefinition& collection) {
  if (!collection.capped && !collection.is_time_series()) return;
  raise(ErrorCode::OperationNotSupportedInTransaction,
        "Collection '{}' is a {} collection. Writes in transactions are not allowed on such",
        collection.full_name, collection.capped ? "capped" : "time-series");
}

catalog::CollectionPtr target_of(const StatementScope& scope) {
  catalog::CollectionPtr collection = scope.unit.catalog().find(scope.ns);
  if (collection && collection->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
          scope.ns.full());
  }
  if (collection && scope.in_transaction) check_writable_in_transaction(*collection);
  if (collection) scope.context.used = collection->runtime;
  return collection;
}

catalog::CollectionPtr ensure_target(const StatementScope& scope) {
  if (catalog::CollectionPtr found = target_of(scope)) return found;
  if (scope.in_transaction) {
    return scope.context.transaction->create_collection(scope.ns, bson::View());
  }
  scope.context.services.data.ddl().ensure_collection(scope.ns);
  return nullptr;
}

StatementStatus settle(const collection::WriteOutcome& outcome,
                       const catalog::CollectionDefinition& collection) {
  switch (outcome.status) {
    case collection::WriteStatus::Done:
      return StatementStatus::Done;
    case collection::WriteStatus::Conflict:
      return StatementStatus::Conflict;
    case collection::WriteStatus::Changed:
      return StatementStatus::Changed;
    case collection::WriteStatus::DuplicateKey:
      break;
  }
  collection::raise_duplicate_key(collection, *outcome.duplicate);
}

bool portion_is_full(const Limits& limits, const commit::Transaction& transaction) {
  return transaction.entries() >= static_cast<std::size_t>(limits.commit_chunk_count_max) ||
         transaction.bytes() >= static_cast<std::size_t>(limits.commit_chunk_bytes_max);
}

}  // namespace freshet::command
