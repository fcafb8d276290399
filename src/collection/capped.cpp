// SPDX-License-Identifier: Apache-2.0
#include "collection/capped.h"

#include <string>

#include "base/bytes.h"
#include "base/invariant.h"
#include "catalog/stored.h"
#include "collection/record.h"

namespace freshet::collection {

using catalog::kCatalogSpace;
using catalog::StoredKey;

namespace {

CappedState count(const storage::Reader& reader, const catalog::CollectionDefinition& collection) {
  CappedState state{.stored = false};
  const auto scan = reader.scan(collection.space(), {}, storage::Direction::Forward);
  for (; scan->valid(); scan->next()) {
    state.last_record = value_of(record_id_of(scan->key()));
    ++state.documents;
    state.bytes += static_cast<std::int64_t>(scan->value().size());
  }
  return state;
}

}  // namespace

CappedState CappedState::load(const storage::Reader& reader,
                              const catalog::CollectionDefinition& collection) {
  const auto value =
      reader.get(kCatalogSpace, catalog::stored_key(StoredKey::Capped, collection.id));
  if (!value) return count(reader, collection);
  CappedState state;
  invariant(value->size() == 32, "the state of a capped collection has 32 bytes");
  state.first_record = load_be64(value->data());
  state.last_record = load_be64(value->data() + 8);
  state.documents = static_cast<std::int64_t>(load_be64(value->data() + 16));
  state.bytes = static_cast<std::int64_t>(load_be64(value->data() + 24));
  return state;
}

commit::HoldOutcome CappedState::hold(commit::Transaction& transaction,
                                      std::uint64_t collection_id) {
  return transaction.hold(kCatalogSpace, catalog::stored_key(StoredKey::Capped, collection_id));
}

commit::HoldOutcome CappedState::save(commit::Transaction& transaction,
                                      std::uint64_t collection_id) const {
  std::string value;
  append_be64(value, first_record);
  append_be64(value, last_record);
  append_be64(value, static_cast<std::uint64_t>(documents));
  append_be64(value, static_cast<std::uint64_t>(bytes));
  return transaction.put(kCatalogSpace, catalog::stored_key(StoredKey::Capped, collection_id),
                         std::move(value));
}

}  // namespace freshet::collection
