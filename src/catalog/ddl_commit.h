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

/// What a createIndexes asks for and a collection does not have.
struct MissingIndexes {
  std::vector<IndexDefinition> missing;  ///< ids are zero
  bool others_build = false;             ///< somebody else is building some of it
};

/// Throws with MongoDB's codes (67, 85, 86, 197 …).
MissingIndexes missing_indexes(const std::vector<bson::View>& specs,
                               const CollectionDefinition& collection);

/// Throws InvalidNamespace (73) or DatabaseDifferCase (13297) when no collection may have this name.
void check_creatable(const CatalogState& state, const model::Namespace& ns);

/// Where new definitions come together: what gives them ids, and takes them and their entries.
class DefinitionChange {
 public:
  virtual ~DefinitionChange() = default;
  /// The next id, of a collection or an index. Ids are never given twice.
  virtual std::uint64_t next_id() = 0;
  /// Takes a new or changed definition.
  virtual void put(std::shared_ptr<CollectionDefinition> definition) = 0;
  virtual void append(commit::PendingEntry entry) = 0;
};

/// Requires: Ddl's mutex is held from construction to commit().
class DdlCommit final : public DefinitionChange {
 public:
  DdlCommit(commit::CommitLayer& commits, Catalog& catalog);

  /// The catalog before the change.
  const CatalogState& base() const { return *base_; }
  commit::Transaction& transaction() { return transaction_; }

  std::uint64_t next_id() override;
  /// A new version of a definition, to be changed and put().
  static std::shared_ptr<CollectionDefinition> copy_of(const CollectionDefinition& definition) {
    return std::make_shared<CollectionDefinition>(definition);
  }
  /// Stores a new or changed definition. Its version becomes the position of the commit.
  void put(std::shared_ptr<CollectionDefinition> definition) override;
  /// Removes a collection or view; its ranges are reclaimed later.
  void remove(const CollectionDefinition& definition);
  /// Leaves the note that a range is to be dropped.
  void reclaim(storage::Space space);
  void append(commit::PendingEntry entry) override { transaction_.append(std::move(entry)); }

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
