// SPDX-License-Identifier: Apache-2.0
#include "collection/index_writer.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "bson/compare.h"
#include "catalog/stored.h"
#include "collection/index_keys.h"

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

WriteOutcome add_key(WriteUnit& unit, const IndexDefinition& index, bson::View document,
                     const std::string& key, RecordId id) {
  commit::Transaction& transaction = unit.transaction();
  if (!index.unique) {
    // The record id makes the key ours: whoever changes the record holds the record.
    transaction.put_unshared(index.space(), key + record_key(id), std::string());
    return {};
  }
  if (const auto there = transaction.get(index.space(), key)) {
    const RecordId holder = record_id_of(*there);
    if (holder == id) return {};
    return duplicate(index, document, key, holder);
  }
  return {status_of(transaction.put(index.space(), key, record_key(id))), id, nullptr};
}

WriteStatus remove_key(WriteUnit& unit, const IndexDefinition& index, const std::string& key,
                       RecordId id) {
  commit::Transaction& transaction = unit.transaction();
  if (!index.unique) return status_of(transaction.erase(index.space(), key + record_key(id)));
  const auto there = transaction.get(index.space(), key);
  // While the index is being built the key may be another record's, or not be there yet.
  if (!there || record_id_of(*there) != id) return WriteStatus::Done;
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
}

/// True when no component of the index can have changed.
bool same_fields(const IndexDefinition& index, bson::View before, bson::View after) {
  if (index.partial != nullptr) return false;
  return std::all_of(index.parts.begin(), index.parts.end(), [&](const catalog::IndexPart& part) {
    const std::string_view top = std::string_view(part.path).substr(0, part.path.find('.'));
    return bson::identical(before[top], after[top]);
  });
}

std::vector<std::string> without(const std::vector<std::string>& a,
                                 const std::vector<std::string>& b) {
  std::vector<std::string> result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

}  // namespace

WriteOutcome add_index_keys(WriteUnit& unit, const IndexDefinition& index, bson::View document,
                            RecordId id) {
  const IndexKeys keys = index_keys(index, document);
  note_shape(unit, index, keys);
  for (const std::string& key : keys.keys) {
    WriteOutcome outcome = add_key(unit, index, document, key, id);
    if (!outcome.done()) return outcome;
  }
  return {};
}

WriteOutcome remove_index_keys(WriteUnit& unit, const IndexDefinition& index, bson::View document,
                               RecordId id) {
  for (const std::string& key : index_keys(index, document).keys) {
    const WriteStatus status = remove_key(unit, index, key, id);
    if (status != WriteStatus::Done) return {status, id, nullptr};
  }
  return {};
}

WriteOutcome update_index_keys(WriteUnit& unit, const IndexDefinition& index, bson::View before,
                               bson::View after, RecordId id) {
  if (same_fields(index, before, after)) return {};
  const IndexKeys old_keys = index_keys(index, before);
  const IndexKeys new_keys = index_keys(index, after);
  note_shape(unit, index, new_keys);
  for (const std::string& key : without(old_keys.keys, new_keys.keys)) {
    const WriteStatus status = remove_key(unit, index, key, id);
    if (status != WriteStatus::Done) return {status, id, nullptr};
  }
  // While the index is being built keys of the old document may be missing: all are written.
  const auto added = index.building ? new_keys.keys : without(new_keys.keys, old_keys.keys);
  for (const std::string& key : added) {
    WriteOutcome outcome = add_key(unit, index, after, key, id);
    if (!outcome.done()) return outcome;
  }
  return {};
}

}  // namespace freshet::collection
