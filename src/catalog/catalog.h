// SPDX-License-Identifier: Apache-2.0
// Which databases, collections, indexes and views there are, as of a position. Persisted in the
// Catalog space (docs/formats/catalog.md), held in memory as immutable states.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "catalog/definitions.h"
#include "storage/commit/commit_layer.h"

namespace freshet::catalog {

/// The catalog of one moment. Immutable, thread-safe. A database exists while it has collections.
class CatalogState {
 public:
  /// Position of the last change it contains.
  storage::Position position() const { return position_; }

  /// Null when there is none. local.oplog.rs is always there.
  CollectionPtr find(const model::Namespace& ns) const { return find(ns.db, ns.coll); }
  CollectionPtr find(std::string_view db, std::string_view coll) const;
  CollectionPtr find_by_id(std::uint64_t id) const;
  CollectionPtr find_by_uuid(const model::Uuid& uuid) const;

  /// In order of name. `local` is always among them.
  std::vector<std::string> database_names() const;
  bool has_database(std::string_view db) const;
  /// In order of name; empty when there is no such database. Lives as long as the state.
  const std::vector<CollectionPtr>& collections(std::string_view db) const;
  /// Every stored collection and view, by id (without local.oplog.rs).
  const std::vector<CollectionPtr>& all() const { return by_id_; }
  /// The database whose name differs from `db` by case only; nullopt when there is none.
  std::optional<std::string> database_differing_by_case(std::string_view db) const;

 private:
  friend class StateBuilder;
  struct Database {
    std::string name;
    std::vector<CollectionPtr> collections;  // by name
  };
  storage::Position position_;
  std::vector<std::shared_ptr<const Database>> databases_;  // by name; shared between states
  std::vector<CollectionPtr> by_id_;
  std::vector<CollectionPtr> by_uuid_;
};

/// Shared because plans hold the state they were made with.
using StatePtr = std::shared_ptr<const CatalogState>;

/// Thread-safe. Changed by Ddl only.
class Catalog final : public commit::CatalogCheck {
 public:
  /// How many past states are kept in memory; older ones are read from the snapshot itself.
  static constexpr std::size_t kStatesMax = 32;

  Catalog();
  ~Catalog() override;

  /// Reads the stored catalog. Call once, before anything else.
  void load(const storage::Reader& reader);

  /// The newest state.
  StatePtr latest() const;
  /// The state that belongs to what `reader` sees: open the snapshot first, then ask.
  StatePtr at(const storage::Reader& reader) const;

  /// commit::CatalogCheck: does the collection still have that version? Positions are versions.
  bool current(const commit::CatalogDependency& dependency) const override;

  /// Makes `state` the newest. For Ddl, inside the sequencer.
  void publish(StatePtr state);

 private:
  mutable Mutex mutex_;
  std::deque<StatePtr> states_ GUARDED_BY(mutex_);  // oldest first, never empty
};

/// "collection at this version", for Transaction::depends_on.
inline commit::CatalogDependency dependency_on(const CollectionDefinition& collection) {
  return {collection.id, collection.version.value()};
}

/// Throws DatabaseDifferCase (13297) when `db` differs by case only from a database there is.
void check_database_case(const CatalogState& state, std::string_view db);

/// Throws NamespaceNotFound (26) or CommandNotSupportedOnView (166) unless `ns` is a collection.
CollectionPtr require_collection(const CatalogState& state, const model::Namespace& ns);

}  // namespace freshet::catalog
