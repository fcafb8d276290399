// SPDX-License-Identifier: Apache-2.0
// Changes of the catalog: each is an ordinary commit on catalog keys with its oplog entry.
// Building indexes needs documents and stands in collection/index_fill.h.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "oplog/entry.h"
#include "storage/commit/commit_layer.h"

namespace freshet::catalog {

class DdlCommit;
class DefinitionChange;

/// What a DDL command came to.
struct DdlResult {
  storage::Position position;  ///< of its last entry; of the last commit when nothing changed
  bool changed = false;
};

struct DropResult {
  DdlResult ddl;
  bool existed = false;
  bool was_view = false;
  std::size_t indexes_were = 0;
};

struct DropIndexesResult {
  DdlResult ddl;
  std::size_t indexes_were = 0;
};

struct CollModResult {
  DdlResult ddl;
  /// BSON to be put into the reply when an index was changed: {expireAfterSeconds_old,
  /// expireAfterSeconds_new, hidden_old, hidden_new}; empty document otherwise.
  std::string index_changes;
};

struct ConvertResult {
  DdlResult ddl;
  std::uint64_t collection_id = 0;
};

struct RenameOptions {
  bool drop_target = false;
};

/// What start_build() published.
struct StartedBuild {
  CollectionPtr collection;       ///< with the new indexes in it
  std::vector<IndexPtr> indexes;  ///< to be filled in; empty: nothing is left to do
  storage::Position position;
  std::size_t indexes_before = 0;
  std::size_t indexes_after = 0;
  bool created_collection = false;
  /// Nothing was published, because somebody else builds what was asked for: ask again later.
  bool others_build = false;
};

/// What became of an attempt to make built indexes usable.
struct FinishedBuild {
  bool done = false;
  /// When not done: the key to wait for (CommitLayer::wait_released) before the next attempt;
  /// empty: none.
  std::string conflict_key;
  storage::Position position;
  std::size_t indexes_after = 0;
};

/// Looks at a view that is about to be put into a state, and throws when it must not be: what is
/// known of pipelines is known above. It is called under Ddl's lock.
using ViewCheck = std::function<void(const CatalogState&, const CollectionDefinition&)>;

/// Thread-safe: one DDL prepares and commits at a time; nothing is held across a wait.
class Ddl {
 public:
  /// Requires: all references outlive this.
  Ddl(commit::CommitLayer& commits, Catalog& catalog, const Clock& clock, Random& random,
      std::int64_t term);
  ~Ddl();

  /// `options` are the fields of the create command other than its name and the generic ones;
  /// views too (viewOn, pipeline). Unknown ones are refused (40415). Creating what is there with
  /// equal options changes nothing, with others it is NamespaceExists (48).
  DdlResult create_collection(const model::Namespace& ns, bson::View options,
                              const ViewCheck& check_view = {});

  /// The collection, created without options when it is missing. Throws InvalidNamespace (73),
  /// CommandNotSupportedOnView (166), DatabaseDifferCase (13297). For inserts and upserts.
  CollectionPtr ensure_collection(const model::Namespace& ns);

  DropResult drop_collection(const model::Namespace& ns);
  /// One `drop` per collection, then `dropDatabase`, in one commit.
  DdlResult drop_database(std::string_view db);
  /// Across databases too. Throws NamespaceNotFound (26), NamespaceExists (48), IllegalOperation.
  DdlResult rename_collection(const model::Namespace& from, const model::Namespace& to,
                              const RenameOptions& options);
  /// `index` is the value of dropIndexes.index: a name, "*", a key pattern, an array of names.
  DropIndexesResult drop_indexes(const model::Namespace& ns, bson::ValueView index);
  /// `changes`: the fields of collMod other than its name and the generic ones.
  CollModResult coll_mod(const model::Namespace& ns, bson::View changes,
                         const ViewCheck& check_view = {});

  /// Gives a collection a limit in bytes and takes away its indexes but the one on _id. Documents
  /// too many for it are still there. Throws NamespaceNotFound (26), CommandNotSupportedOnView
  /// (166), IllegalOperation (20), InvalidOptions (72).
  ConvertResult convert_to_capped(const model::Namespace& ns, std::int64_t bytes);

  /// Of the entries from now on.
  void set_term(std::int64_t term) { term_ = term; }

  /// Writes a noop entry with this `o`: appendOplogNote, the periodic heartbeat of the log.
  DdlResult note(bson::View o);

  /// Drops the ranges of what was dropped, when no reader can be as old any more: readers at
  /// `oldest_reader` and later may be open. Gives how many ranges were dropped.
  std::size_t reclaim(storage::Store& store, storage::Position oldest_reader);

  // For multi-document transactions: ddl_transaction.cpp.

  /// A collection that `transaction` creates: its entry is appended, its definition is stored and
  /// published by commit_defined(). `state` is the catalog as the transaction sees it, where it is
  /// not. Throws as create_collection(), and OperationNotSupportedInTransaction (263) for views and
  /// time series.
  std::shared_ptr<CollectionDefinition> define_collection(const CatalogState& state,
                                                          const model::Namespace& ns,
                                                          bson::View options,
                                                          commit::Transaction& transaction);
  /// The next version of `base`, which the transaction created, with the indexes that it does not
  /// have; null when there are none. Throws as start_build().
  std::shared_ptr<CollectionDefinition> define_indexes(const CollectionDefinition& base,
                                                       const std::vector<bson::View>& specs,
                                                       commit::Transaction& transaction);
  /// Commits a transaction and publishes what it defined. Throws WriteConflict (112) when one of
  /// the names was taken meanwhile.
  commit::CommitResult commit_defined(
      commit::Transaction&& transaction,
      const std::vector<std::shared_ptr<CollectionDefinition>>& defined,
      const commit::CommitLayer::Applied& applied);

  // For collection/index_fill.h.

  /// Publishes the wanted indexes (elements of createIndexes.indexes) as building; on a collection
  /// that did not exist they are ready at once. Those that are there already are left out. Throws
  /// with MongoDB's codes (67, 85, 86, 197 …).
  StartedBuild start_build(const model::Namespace& ns, const std::vector<bson::View>& specs);
  /// Publishes a unique index that is to take the place of `index_id`, as building. Throws
  /// IndexNotFound (27), ConflictingOperationInProgress (117).
  StartedBuild start_unique(std::uint64_t collection_id, std::uint64_t index_id);
  /// Makes built indexes usable, one entry each; they take the place of those they replace. Throws
  /// IndexBuildAborted (276) when the collection or an index has gone meanwhile, and what a writer
  /// left word of (build_failure.h).
  FinishedBuild finish_build(std::uint64_t collection_id, const std::vector<IndexPtr>& indexes);
  /// Takes building indexes back, as far as they are still there.
  void abort_build(std::uint64_t collection_id, const std::vector<IndexPtr>& indexes);
  /// Takes back the builds that the end of the process cut short. Call once, at the start.
  void abort_unfinished_builds();

 private:
  oplog::EntryContext entry_context() const;
  std::shared_ptr<CollectionDefinition> define(DefinitionChange& change, const model::Namespace& ns,
                                               std::string options,
                                               const std::vector<std::string>& index_specs);
  std::uint64_t reserve_ids(std::size_t count);
  void append_created(DdlCommit& change, const CollectionDefinition& collection,
                      const std::vector<IndexPtr>& indexes);
  IndexPtr make_ready(DdlCommit& change, CollectionDefinition& collection,
                      const IndexDefinition& built) REQUIRES(mutex_);
  storage::Position commit_locked(DdlCommit& change) REQUIRES(mutex_);
  std::vector<storage::Space> due_for_reclaim(const storage::Reader& reader,
                                              storage::Position oldest_reader) REQUIRES(mutex_);
  void append_drop(DdlCommit& change, const CollectionDefinition& collection);

  commit::CommitLayer& commits_;
  Catalog& catalog_;
  const Clock& clock_;
  Random& random_;
  std::atomic<std::int64_t> term_;
  Mutex mutex_;  // one DDL at a time, from reading the catalog to its commit
  struct Dropped {
    storage::Space space;
    storage::Position position;
  };
  std::vector<Dropped> dropped_ GUARDED_BY(mutex_);  // since the start, not reclaimed yet
};

}  // namespace freshet::catalog
