// SPDX-License-Identifier: Apache-2.0
// Changes of the catalog: each is an ordinary commit on catalog keys with its oplog entry.
// Building indexes needs documents and stands in collection/index_build.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "catalog/index_spec.h"
#include "oplog/entry.h"
#include "storage/commit/commit_layer.h"

namespace freshet::catalog {

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
  /// What the reply shows when an index was changed: {expireAfterSeconds_old, …_new, hidden_old, …}
  std::string index_changes;
};

struct RenameOptions {
  bool drop_target = false;
};

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
  DdlResult create_collection(const model::Namespace& ns, bson::View options);

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
  CollModResult coll_mod(const model::Namespace& ns, bson::View changes);

  /// Writes a noop entry {msg: …}: appendOplogNote, the periodic heartbeat of the log.
  DdlResult note(bson::View o);

  /// Drops the ranges of what was dropped, once no snapshot below can be open any more: positions
  /// at or below `oldest_reader` are still read. Background; returns how many were reclaimed.
  std::size_t reclaim(storage::Store& store, storage::Position oldest_reader);

  // --- for collection/index_build.h ---

  /// Publishes `specs` as building on `ns` and gives the definitions with their ids. An index that
  /// is there already is left out. Throws with MongoDB's codes (67, 85, 86, 197 …).
  struct StartedBuild {
    CollectionPtr collection;  ///< with the building indexes in it
    std::vector<IndexPtr> indexes;
    std::size_t indexes_before = 0;
    bool created_collection = false;
  };
  StartedBuild start_build(const model::Namespace& ns, const std::vector<IndexSpec>& specs);
  /// Makes built indexes usable, one createIndexes entry each. False when the collection or an
  /// index has gone meanwhile.
  [[nodiscard]] bool finish_build(std::uint64_t collection_id, const std::vector<IndexPtr>& indexes,
                                  DdlResult& result);
  /// Takes building indexes back.
  void abort_build(std::uint64_t collection_id, const std::vector<IndexPtr>& indexes);

 private:
  friend class DdlCommit;
  oplog::EntryContext entry_context() const;

  commit::CommitLayer& commits_;
  Catalog& catalog_;
  const Clock& clock_;
  Random& random_;
  const std::int64_t term_;
  Mutex mutex_;  // one DDL at a time, from reading the catalog to its commit
};

}  // namespace freshet::catalog
