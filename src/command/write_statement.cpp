// SPDX-License-Identifier: Apache-2.0
#include "command/write_statement.h"

#include "base/error.h"
#include "base/limits.h"
#include "collection/data.h"

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

catalog::CollectionPtr target_of(const StatementScope& scope) {
  catalog::CollectionPtr collection = scope.unit.catalog().find(scope.ns);
  if (collection && collection->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
          scope.ns.full());
  }
  if (collection) scope.context.used = collection->runtime;
  return collection;
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
