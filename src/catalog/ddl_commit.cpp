// SPDX-License-Identifier: Apache-2.0
#include "catalog/ddl_commit.h"

#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/invariant.h"
#include "catalog/state_builder.h"
#include "catalog/stored.h"

namespace freshet::catalog {

using commit::CommitStatus;

void check_committed(const commit::CommitResult& result) {
  switch (result.status) {
    case CommitStatus::Committed:
      return;
    case CommitStatus::StaleCatalog:
      raise(ErrorCode::WriteConflict, "the collection was changed by another command");
    case CommitStatus::NoSpace:
      raise(ErrorCode::OutOfDiskSpace, "the disk is almost full, writes are refused");
    case CommitStatus::NotAccepting:
      raise(ErrorCode::InterruptedAtShutdown, "the server takes no more writes");
    case CommitStatus::Unknown:
      raise(ErrorCode::OperationFailed, "the engine lost its connection while committing");
  }
}

DdlCommit::DdlCommit(commit::CommitLayer& commits, Catalog& catalog)
    : commits_(commits),
      catalog_(catalog),
      base_(catalog.latest()),
      transaction_(commits.begin()) {}

std::uint64_t DdlCommit::next_id() {
  const std::string key = stored_key(StoredKey::NextId);
  if (next_id_ == 0) {
    const auto stored = transaction_.get(kCatalogSpace, key);
    next_id_ = stored ? load_be64(stored->data()) : kFirstId;
  }
  const std::uint64_t id = next_id_++;
  std::string value;
  append_be64(value, next_id_);
  transaction_.put_unshared(kCatalogSpace, key, std::move(value));
  return id;
}

void DdlCommit::put(std::shared_ptr<CollectionDefinition> definition) {
  // Only DDL writes these keys, one at a time: nothing to be held.
  transaction_.put_unshared(kCatalogSpace, stored_key(StoredKey::Collection, definition->id),
                            encode_definition(*definition));
  put_.push_back(std::move(definition));
}

void DdlCommit::reclaim(storage::Space space) {
  transaction_.put_unshared(kCatalogSpace, reclaim_key(space), std::string());
  reclaimed_.push_back(space);
}

void DdlCommit::remove(const CollectionDefinition& definition) {
  const commit::HoldOutcome held =
      transaction_.erase(kCatalogSpace, stored_key(StoredKey::Collection, definition.id));
  invariant(held == commit::HoldOutcome::Held, "only DDL writes catalog keys, one at a time");
  removed_.push_back(definition.id);
  if (definition.is_view()) return;
  reclaim(definition.space());
  for (const IndexPtr& index : definition.indexes)
    reclaim(index->space());
}

storage::Position DdlCommit::commit() {
  StateBuilder builder(*base_);
  for (const std::uint64_t id : removed_)
    builder.remove(id);
  for (const auto& definition : put_)
    builder.put(definition);
  const std::shared_ptr<CatalogState> state = builder.finish();
  const auto publish = [&](const std::vector<storage::Position>&, storage::Position position) {
    for (const auto& definition : put_)
      definition->version = position;
    StateBuilder::set_position(*state, position);
    catalog_.publish(state);
  };
  const commit::CommitResult result = commits_.commit(std::move(transaction_), publish);
  check_committed(result);
  return result.position;
}

}  // namespace freshet::catalog
