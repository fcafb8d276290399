// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "catalog/state_builder.h"
#include "catalog/stored.h"

namespace freshet::catalog {
namespace {

/// Which components of which index are multikey.
std::map<std::uint64_t, std::uint32_t> read_multikey(const storage::Reader& reader) {
  std::map<std::uint64_t, std::uint32_t> found;
  const auto scan =
      reader.scan(kCatalogSpace, stored_range(StoredKey::Multikey), storage::Direction::Forward);
  for (; scan->valid(); scan->next()) {
    const auto part = static_cast<unsigned char>(scan->key().back());
    found[id_of_key(scan->key())] |= std::uint32_t{1} << (part & 31U);
  }
  return found;
}

/// Lets a definition that was read again move with the one in use.
void share_runtime(CollectionDefinition& definition, const CatalogState* live) {
  const CollectionPtr other = live == nullptr ? nullptr : live->find_by_id(definition.id);
  if (other == nullptr) return;
  definition.runtime = other->runtime;
  for (IndexPtr& index : definition.indexes) {
    for (const IndexPtr& same : other->indexes) {
      if (same->id != index->id) continue;
      auto copy = std::make_shared<IndexDefinition>(*index);
      copy->runtime = same->runtime;
      index = std::move(copy);
    }
  }
}

StatePtr read_state(const storage::Reader& reader, const CatalogState* live) {
  const auto multikey = read_multikey(reader);
  StateBuilder builder;
  const auto scan =
      reader.scan(kCatalogSpace, stored_range(StoredKey::Collection), storage::Direction::Forward);
  for (; scan->valid(); scan->next()) {
    auto definition =
        std::make_shared<CollectionDefinition>(decode_definition(bson::View(scan->value())));
    definition->version = reader.position();
    for (const IndexPtr& index : definition->indexes) {
      const auto flags = multikey.find(index->id);
      if (flags == multikey.end()) continue;
      index->runtime->multikey = flags->second;
      index->runtime->multikey_stored = flags->second;
    }
    share_runtime(*definition, live);
    builder.put(std::move(definition));
  }
  const std::shared_ptr<CatalogState> state = builder.finish();
  StateBuilder::set_position(*state, reader.position());
  return state;
}

}  // namespace

Catalog::Catalog() {
  states_.push_back(StateBuilder().finish());
}

Catalog::~Catalog() = default;

void Catalog::load(const storage::Reader& reader) {
  StatePtr state = read_state(reader, nullptr);
  const MutexLock lock(mutex_);
  states_.clear();
  states_.push_back(std::move(state));
}

StatePtr Catalog::latest() const {
  const MutexLock lock(mutex_);
  return states_.back();
}

StatePtr Catalog::at(const storage::Reader& reader) const {
  StatePtr live;
  {
    const storage::Position position = reader.position();
    const MutexLock lock(mutex_);
    for (auto state = states_.rbegin(); state != states_.rend(); ++state) {
      if ((*state)->position() <= position) return *state;
    }
    live = states_.back();
  }
  // Older than what is kept: the snapshot itself holds the catalog of its time.
  return read_state(reader, live.get());
}

bool Catalog::current(const commit::CatalogDependency& dependency) const {
  const StatePtr state = latest();
  const CollectionPtr collection = state->find_by_id(dependency.collection_id);
  return collection != nullptr && collection->version.value() == dependency.version;
}

void Catalog::publish(StatePtr state) {
  const MutexLock lock(mutex_);
  states_.push_back(std::move(state));
  if (states_.size() > kStatesMax) states_.pop_front();
}

void check_database_case(const CatalogState& state, std::string_view db) {
  if (const auto other = state.database_differing_by_case(db)) {
    raise(ErrorCode::DatabaseDifferCase,
          "db already exists with different case already have: [{}] trying to create [{}]", *other,
          db);
  }
}

CollectionPtr require_collection(const CatalogState& state, const model::Namespace& ns) {
  CollectionPtr collection = state.find(ns);
  if (collection == nullptr) {
    raise(ErrorCode::NamespaceNotFound, "ns does not exist: {}", ns.full());
  }
  if (collection->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
          ns.full());
  }
  return collection;
}

}  // namespace freshet::catalog
