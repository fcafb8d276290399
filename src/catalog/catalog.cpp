// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "catalog/state_builder.h"
#include "catalog/stored.h"

namespace freshet::catalog {
namespace {

/// What is stored of the shape of one index; see IndexShape.
struct StoredShape {
  std::array<std::uint32_t, kIndexFieldsMax> arrays{};
  bool cut = false;
};

std::map<std::uint64_t, StoredShape> read_shapes(const storage::Reader& reader) {
  std::map<std::uint64_t, StoredShape> found;
  const auto arrays =
      reader.scan(kCatalogSpace, stored_range(StoredKey::Multikey), storage::Direction::Forward);
  for (; arrays->valid(); arrays->next()) {
    const std::string_view key = arrays->key();
    const auto component = static_cast<unsigned char>(key[key.size() - 2]);
    const auto part = static_cast<unsigned char>(key.back());
    found[id_of_key(key)].arrays.at(component) |= std::uint32_t{1} << (part % kArrayPartsMax);
  }
  const auto cut =
      reader.scan(kCatalogSpace, stored_range(StoredKey::CutKeys), storage::Direction::Forward);
  for (; cut->valid(); cut->next())
    found[id_of_key(cut->key())].cut = true;
  return found;
}

void set_shape(IndexShape& shape, const StoredShape& stored) {
  for (std::size_t i = 0; i < stored.arrays.size(); ++i)
    shape.arrays[i] = stored.arrays[i];
  shape.cut = stored.cut;
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
  const auto shapes = read_shapes(reader);
  StateBuilder builder;
  const auto scan =
      reader.scan(kCatalogSpace, stored_range(StoredKey::Collection), storage::Direction::Forward);
  for (; scan->valid(); scan->next()) {
    auto definition =
        std::make_shared<CollectionDefinition>(decode_definition(bson::View(scan->value())));
    definition->version = reader.position();
    for (const IndexPtr& index : definition->indexes) {
      const auto shape = shapes.find(index->id);
      if (shape == shapes.end()) continue;
      set_shape(index->runtime->known, shape->second);
      set_shape(index->runtime->stored, shape->second);
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
