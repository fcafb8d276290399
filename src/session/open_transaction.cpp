// SPDX-License-Identifier: Apache-2.0
#include "session/open_transaction.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "catalog/stored.h"
#include "collection/retry.h"
#include "oplog/apply_ops.h"

namespace freshet::session {
namespace {

collection::WriteUnit begin(collection::Data& data,
                            std::shared_ptr<const storage::Snapshot> snapshot) {
  return snapshot ? data.begin(std::move(snapshot)) : data.begin();
}

[[noreturn]] void raise_name_taken(const model::Namespace& ns) {
  raise(ErrorCode::WriteConflict, "Collection namespace '{}' is already in use", ns.full());
}

}  // namespace

OpenTransaction::OpenTransaction(collection::Data& data,
                                 std::shared_ptr<const storage::Snapshot> snapshot)
    : data_(data),
      unit_(begin(data, std::move(snapshot))),
      snapshot_position_(unit_->transaction().position()) {}

pipeline::FixedView OpenTransaction::view() {
  return {.reader = {shared_from_this(), &unit_->transaction()}, .catalog = unit_->catalog_state()};
}

catalog::CollectionPtr OpenTransaction::create_collection(const model::Namespace& ns,
                                                          bson::View options) {
  if (unit_->catalog().find(ns) != nullptr) {
    raise(ErrorCode::NamespaceExists, "namespace {} already exists", ns.full());
  }
  // Whoever commits first has the name; who holds it makes others give up at once.
  commit::Transaction& transaction = unit_->transaction();
  if (transaction.hold(catalog::kCatalogSpace, catalog::name_key(ns)) !=
      commit::HoldOutcome::Held) {
    raise_name_taken(ns);
  }
  if (data_.catalog().latest()->find(ns) != nullptr) raise_name_taken(ns);
  auto definition = data_.ddl().define_collection(unit_->catalog(), ns, options, transaction);
  unit_->define(definition);
  return definition;
}

bool OpenTransaction::created_here(const catalog::CollectionDefinition& collection) const {
  return unit_->defines(collection.id);
}

catalog::CollectionPtr OpenTransaction::create_indexes(const model::Namespace& ns,
                                                       const std::vector<bson::View>& specs) {
  const catalog::CollectionPtr collection = catalog::require_collection(unit_->catalog(), ns);
  auto definition = data_.ddl().define_indexes(*collection, specs, unit_->transaction());
  if (!definition) return collection;  // all of them are there
  if (!created_here(*collection)) {
    raise(ErrorCode::OperationNotSupportedInTransaction,
          "Cannot create new indexes on existing collection {} in a multi-document transaction",
          ns.full());
  }
  if (collection->runtime->next_record_id.load() != 0) {
    raise(ErrorCode::OperationNotSupportedInTransaction,
          "Cannot create new indexes on non-empty collection {} in a multi-document transaction",
          ns.full());
  }
  unit_->define(definition);
  return definition;
}

// False when a newer number of the session was used meanwhile.
bool OpenTransaction::log_operations(const model::SessionId& session, std::int64_t number) {
  commit::Transaction& transaction = unit_->transaction();
  const collection::WriteContext now = data_.write_context();
  const oplog::EntryContext context{
      .term = now.term, .wall_ms = now.wall_ms, .lsid = &session, .txn_number = number};
  for (commit::PendingEntry& entry : oplog::make_apply_ops(context, transaction.take_entries()))
    transaction.append(std::move(entry));
  return collection::put_committed_number(transaction, session, number, now.wall_ms) ==
         commit::HoldOutcome::Held;
}

commit::CommitResult OpenTransaction::commit(const model::SessionId& session, std::int64_t number) {
  const bool wrote = unit_->transaction().entries() > 0;
  const bool newest = !wrote || log_operations(session, number);
  collection::WriteUnit unit = *std::move(unit_);
  unit_.reset();
  if (!wrote) return {commit::CommitStatus::Committed, snapshot_position_};
  if (!newest) raise(ErrorCode::WriteConflict, "a newer number of the session was used");
  return unit.commit(data_.ddl());
}

}  // namespace freshet::session
