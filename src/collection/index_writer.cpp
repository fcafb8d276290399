// SPDX-License-Identifier: Apache-2.0
#include "collection/index_writer.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "bson/compare.h"
#include "bson/key.h"
#include "catalog/build_failure.h"
#include "catalog/stored.h"
#include "collection/index_cursor.h"
#include "collection/index_keys.h"
#include "collection/wildcard_keys.h"

namespace freshet::collection {
namespace {

using catalog::IndexDefinition;

WriteOutcome duplicate(const IndexDefinition& index, bson::View document, const std::string& key,
                       RecordId holder) {
  WriteOutcome outcome{WriteStatus::DuplicateKey, {}, std::make_unique<DuplicateKey>()};
  outcome.duplicate->index = index.name;
  outcome.duplicate->key_pattern = index.key;
  outcome.duplicate->key_value = key_value_document(index, document, key);
  if (index.collation != nullptr) {
    outcome.duplicate->collation = index.collation->spec().to_string();
  }
  outcome.duplicate->holder = holder;
  return outcome;
}

/// prepareUnique: the index holds the keys of others too, under their record ids. Whoever adds keys
/// writes one and the same catalog key first, so that one of two at a time sees what the other did.
WriteOutcome check_not_there(WriteUnit& unit, const IndexDefinition& index, bson::View document,
                             const std::string& key, RecordId id) {
  commit::Transaction& transaction = unit.transaction();
  std::string count_key = catalog::stored_key(catalog::StoredKey::NoDuplicates, index.id);
  const auto counted = transaction.get(catalog::kCatalogSpace, count_key);
  std::string count;
  append_be64(count, (counted ? load_be64(counted->data()) : 0) + 1);
  const WriteStatus held =
      status_of(transaction.put(catalog::kCatalogSpace, std::move(count_key), std::move(count)));
  if (held != WriteStatus::Done) return {held, id, nullptr};
  const auto scan =
      transaction.scan(index.space(), {key, bson::prefix_end(key)}, storage::Direction::Forward);
  for (; scan->valid(); scan->next()) {
    const std::string_view entry = scan->key();
    const RecordId holder = record_id_of(entry.substr(entry.size() - kRecordKeyBytes));
    if (holder != id) return duplicate(index, document, key, holder);
  }
  return {};
}

WriteOutcome add_key(WriteUnit& unit, const IndexDefinition& index, bson::View document,
                     const std::string& key, const std::string& types, RecordId id) {
  commit::Transaction& transaction = unit.transaction();
  if (!index.unique) {
    if (index.prepare_unique) {
      WriteOutcome outcome = check_not_there(unit, index, document, key, id);
      if (!outcome.done()) return outcome;
    }
    // The record id makes the key ours: whoever changes the record holds the record.
    transaction.put_unshared(index.space(), key + record_key(id), types);
    return {};
  }
  std::string value = record_key(id) + types;
  const bool lookup =
      !index.is_id_index() || !transaction.surely_new(index.space(), key, index.runtime->mark);
  if (const auto there = lookup ? transaction.get(index.space(), key) : std::nullopt) {
    if (*there == value) return {};
    const RecordId holder = holder_of(*there);
    if (holder != id) return duplicate(index, document, key, holder);
  }
  return {status_of(transaction.put(index.space(), key, std::move(value))), id, nullptr};
}

WriteStatus remove_key(WriteUnit& unit, const IndexDefinition& index, const std::string& key,
                       RecordId id) {
  commit::Transaction& transaction = unit.transaction();
  if (!index.unique) return status_of(transaction.erase(index.space(), key + record_key(id)));
  const auto there = transaction.get(index.space(), key);
  // While the index is being built the key may be another record's, or not be there yet.
  if (!there || holder_of(*there) != id) return WriteStatus::Done;
  return status_of(transaction.erase(index.space(), key));
}

void note_arrays(WriteUnit& unit, const IndexDefinition& index, std::size_t component,
                 std::uint32_t parts) {
  catalog::IndexRuntime& runtime = *index.runtime;
  if ((parts & ~runtime.known.arrays[component].load()) != 0) {
    runtime.known.arrays[component] |= parts;
  }
  const std::uint32_t missing = parts & ~runtime.stored.arrays[component].load();
  if (missing == 0) return;
  for (std::size_t part = 0; part < catalog::kArrayPartsMax; ++part) {
    if ((missing >> part & 1U) == 0) continue;
    unit.transaction().put_unshared(
        catalog::kCatalogSpace, catalog::multikey_key(index.id, component, part), std::string());
  }
  unit.stores_arrays(index, component, missing);
}

void note_cut(WriteUnit& unit, const IndexDefinition& index) {
  index.runtime->known.cut = true;
  if (index.runtime->stored.cut) return;
  unit.transaction().put_unshared(catalog::kCatalogSpace,
                                  catalog::stored_key(catalog::StoredKey::CutKeys, index.id),
                                  std::string());
  unit.stores_cut(index);
}

/// What plans have to know of the keys before they can see them; see IndexRuntime.
void note_shape(WriteUnit& unit, const IndexDefinition& index, const IndexKeys& keys) {
  for (std::size_t i = 0; i < keys.arrays.size(); ++i) {
    if (keys.arrays[i] != 0) note_arrays(unit, index, i, keys.arrays[i]);
  }
  if (keys.cut) note_cut(unit, index);
  for (const std::string& path : keys.array_paths) {
    std::string note = array_note_key(path);
    if (unit.transaction().get(index.space(), note)) continue;
    unit.transaction().put_unshared(index.space(), std::move(note), std::string());
  }
}

/// The order in which two fields stand in a document, where both do.
bool same_order(const bson::Element& a, const bson::Element& b, const bson::Element& other_a,
                const bson::Element& other_b) {
  return (a.raw().data() < b.raw().data()) == (other_a.raw().data() < other_b.raw().data());
}

/// True when nothing that the index holds can have changed.
bool same_fields(const IndexDefinition& index, bson::View before, bson::View after) {
  if (index.partial != nullptr || !index.holds_values()) return false;
  std::vector<std::pair<bson::Element, bson::Element>> fields;
  fields.reserve(index.parts.size());
  for (const catalog::IndexPart& part : index.parts) {
    const std::string_view top = std::string_view(part.path).substr(0, part.path.find('.'));
    const bson::Element old_field = before[top];
    const bson::Element new_field = after[top];
    if (!bson::identical(old_field, new_field)) return false;
    for (const auto& [a, other_a] : fields) {
      if (!same_order(a, old_field, other_a, new_field)) return false;
    }
    fields.emplace_back(old_field, new_field);
  }
  return true;
}

std::vector<std::string> without(const std::vector<std::string>& a,
                                 const std::vector<std::string>& b) {
  std::vector<std::string> result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

WriteOutcome put_keys(WriteUnit& unit, const IndexDefinition& index, bson::View document,
                      const std::vector<std::string>& keys, const std::string& types, RecordId id) {
  for (const std::string& key : keys) {
    WriteOutcome outcome = add_key(unit, index, document, key, types, id);
    if (!outcome.done()) return outcome;
  }
  return {};
}

WriteOutcome erase_keys(WriteUnit& unit, const IndexDefinition& index,
                        const std::vector<std::string>& keys, RecordId id) {
  for (const std::string& key : keys) {
    const WriteStatus status = remove_key(unit, index, key, id);
    if (status != WriteStatus::Done) return {status, id, nullptr};
  }
  return {};
}

WriteOutcome leave_word(WriteUnit& unit, const IndexDefinition& index, const Error& why,
                        RecordId id) {
  return {status_of(catalog::note_build_failure(unit.transaction(), index, why)), id, nullptr};
}

/// The keys of a document, or why the index cannot hold it. Throws unless the index is being built.
struct KeysOrFailure {
  IndexKeys keys;
  std::optional<Error> failure;
};

KeysOrFailure keys_of(const IndexDefinition& index, bson::View document) {
  if (!index.building) return {index_keys(index, document), std::nullopt};
  try {
    return {index_keys(index, document), std::nullopt};
  } catch (const Error& error) {
    return {{}, error};
  }
}

/// What an outcome means to a writer: see add_index_keys().
WriteOutcome for_writer(WriteUnit& unit, const catalog::CollectionDefinition& collection,
                        const IndexDefinition& index, RecordId id, WriteOutcome outcome) {
  if (!index.building || outcome.status != WriteStatus::DuplicateKey) return outcome;
  return leave_word(unit, index, duplicate_key_error(collection, *outcome.duplicate), id);
}

}  // namespace

WriteOutcome fill_index_keys(WriteUnit& unit, const IndexDefinition& index, bson::View document,
                             RecordId id) {
  const IndexKeys keys = index_keys(index, document);
  note_shape(unit, index, keys);
  return put_keys(unit, index, document, keys.keys, keys.types, id);
}

WriteOutcome add_index_keys(WriteUnit& unit, const catalog::CollectionDefinition& collection,
                            const IndexDefinition& index, bson::View document, RecordId id) {
  const KeysOrFailure made = keys_of(index, document);
  if (made.failure) return leave_word(unit, index, *made.failure, id);
  note_shape(unit, index, made.keys);
  return for_writer(unit, collection, index, id,
                    put_keys(unit, index, document, made.keys.keys, made.keys.types, id));
}

WriteOutcome remove_index_keys(WriteUnit& unit, const IndexDefinition& index, bson::View document,
                               RecordId id) {
  // A document that a building index cannot hold has no keys in it.
  return erase_keys(unit, index, keys_of(index, document).keys.keys, id);
}

WriteOutcome update_index_keys(WriteUnit& unit, const catalog::CollectionDefinition& collection,
                               const IndexDefinition& index, bson::View before, bson::View after,
                               RecordId id) {
  if (same_fields(index, before, after)) return {};
  const IndexKeys old_keys = keys_of(index, before).keys;
  const KeysOrFailure made = keys_of(index, after);
  if (made.failure) return leave_word(unit, index, *made.failure, id);
  const IndexKeys& new_keys = made.keys;
  note_shape(unit, index, new_keys);
  WriteOutcome erased = erase_keys(unit, index, without(old_keys.keys, new_keys.keys), id);
  if (!erased.done()) return erased;
  // While the index is being built keys of the old document may be missing: all are written.
  const bool all = index.building || new_keys.types != old_keys.types;
  return for_writer(
      unit, collection, index, id,
      put_keys(unit, index, after, all ? new_keys.keys : without(new_keys.keys, old_keys.keys),
               new_keys.types, id));
}

}  // namespace freshet::collection
