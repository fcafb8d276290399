// SPDX-License-Identifier: Apache-2.0
// One change of the catalog being put together: stored keys, oplog entries and the next state, all
// made true by one commit.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "catalog/catalog.h"
#include "storage/commit/commit_layer.h"

namespace freshet::catalog {

/// Throws what a client is told when a commit was refused: OutOfDiskSpace (14031),
/// InterruptedAtShutdown (11600), WriteConflict (112) for a stale catalog.
void check_committed(const commit::CommitResult& result);

/// The `o` of a createIndexes entry.
std::string create_indexes_command(const CollectionDefinition& collection,
                                   const IndexDefinition& index);

/// Requires: Ddl's mutex is held from construction to commit().
class DdlCommit {
 public:
  DdlCommit(commit::CommitLayer& commits, Catalog& catalog);

  /// The catalog before the change.
  const CatalogState& base() const { return *base_; }
  commit::Transaction& transaction() { return transaction_; }

  /// The next id, of a collection or an index. Ids are never given twice.
  std::uint64_t next_id();
  /// A new version of a definition, to be changed and put().
  static std::shared_ptr<CollectionDefinition> copy_of(const CollectionDefinition& definition) {
    return std::make_shared<CollectionDefinition>(definition);
  }
  /// Stores a new or changed definition. Its version becomes the position of the commit.
  void put(std::shared_ptr<CollectionDefinition> definition);
  /// Removes a collection or view; its ranges are reclaimed later.
  void remove(const CollectionDefinition& definition);
  /// Leaves the note that a range is to be dropped.
  void reclaim(storage::Space space);
  void append(commit::PendingEntry entry) { transaction_.append(std::move(entry)); }

  /// Commits and publishes; gives the position. Requires: at least one entry was appended.
  storage::Position commit();
  /// What reclaim() and remove() noted.
  const std::vector<storage::Space>& reclaimed() const { return reclaimed_; }

 private:
  commit::CommitLayer& commits_;
  Catalog& catalog_;
  StatePtr base_;
  commit::Transaction transaction_;
  std::uint64_t next_id_ = 0;
  std::vector<std::shared_ptr<CollectionDefinition>> put_;
  std::vector<std::uint64_t> removed_;
  std::vector<storage::Space> reclaimed_;
};

}  // namespace freshet::catalog
