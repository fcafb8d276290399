// SPDX-License-Identifier: Apache-2.0
#include "collection/ttl.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "bson/key.h"
#include "bson/value.h"
#include "catalog/ddl_commit.h"
#include "collection/index_cursor.h"
#include "collection/index_keys.h"
#include "collection/record.h"

namespace freshet::collection {
namespace {

constexpr std::size_t kChunk = 500;
constexpr int kTriesMax = 10;

/// Entries with a date up to `until_ms`.
storage::KeyRange expired_range(const catalog::IndexDefinition& index, std::int64_t until_ms) {
  std::string oldest;
  std::string newest;
  append_index_value(oldest, index, 0, bson::Value::date(std::numeric_limits<std::int64_t>::min()));
  append_index_value(newest, index, 0, bson::Value::date(until_ms));
  if (index.parts.front().descending()) std::swap(oldest, newest);
  return {std::move(oldest), bson::prefix_end(newest)};
}

std::vector<RecordId> expired_records(const WriteUnit& unit, const catalog::IndexDefinition& index,
                                      std::int64_t until_ms, std::size_t count_max) {
  std::vector<RecordId> records;
  IndexCursor cursor(unit.transaction(), index, expired_range(index, until_ms));
  for (; cursor.valid() && records.size() < count_max; cursor.next()) {
    const RecordId id = cursor.record();
    if (std::find(records.begin(), records.end(), id) == records.end()) records.push_back(id);
  }
  return records;
}

/// What expires by one rule: an index with expireAfterSeconds, or a clustered or time-series
/// collection as a whole.
struct Expiry {
  std::uint64_t collection_id;
  std::uint64_t index_id;  ///< 0: there is no index to go by, the collection is walked
  std::int64_t until_ms;
};

/// As expired_records(), of a time-series collection that lost its index on the time field.
std::vector<RecordId> walk_expired(const WriteUnit& unit,
                                   const catalog::CollectionDefinition& collection,
                                   std::int64_t until_ms) {
  std::vector<RecordId> records;
  const auto scan = unit.transaction().scan(collection.space(), {}, storage::Direction::Forward);
  for (; scan->valid() && records.size() < kChunk; scan->next()) {
    const bson::Element time = bson::View(scan->value())[collection.time_field];
    if (time.type() == bson::Type::Date && time.as_date_ms() <= until_ms)
      records.push_back(record_id_of(scan->key()));
  }
  return records;
}

std::optional<std::vector<RecordId>> find_expired(const WriteUnit& unit, const Expiry& expiry,
                                                  const catalog::CollectionDefinition& collection) {
  if (expiry.index_id == 0) return walk_expired(unit, collection, expiry.until_ms);
  for (const catalog::IndexPtr& index : collection.indexes) {
    if (index->id == expiry.index_id) return expired_records(unit, *index, expiry.until_ms, kChunk);
  }
  return std::nullopt;
}

enum class ChunkOutcome { Deleted, Nothing, Again };

/// One commit's worth. `deleted` grows by what it deleted.
ChunkOutcome delete_chunk(Data& data, const Expiry& expiry, std::size_t& deleted) {
  WriteUnit unit = data.begin();
  catalog::CollectionPtr collection = unit.catalog().find_by_id(expiry.collection_id);
  if (collection == nullptr) return ChunkOutcome::Nothing;
  const auto records = find_expired(unit, expiry, *collection);
  if (!records || records->empty()) return ChunkOutcome::Nothing;
  const auto documents = get_documents(unit.transaction(), *collection, *records);
  Writer writer(unit, std::move(collection), data.write_context());
  for (std::size_t i = 0; i < records->size(); ++i) {
    if (!documents[i]) continue;
    if (!writer.remove((*records)[i], bson::View(*documents[i])).done()) return ChunkOutcome::Again;
  }
  const commit::CommitResult result = unit.commit();
  if (result.status == commit::CommitStatus::StaleCatalog) return ChunkOutcome::Again;
  catalog::check_committed(result);
  deleted += records->size();
  return ChunkOutcome::Deleted;
}

void expire(Data& data, const Expiry& expiry, std::size_t count_max, std::size_t& deleted) {
  int tries = 0;
  while (deleted < count_max && tries < kTriesMax) {
    switch (delete_chunk(data, expiry, deleted)) {
      case ChunkOutcome::Nothing:
        return;
      case ChunkOutcome::Again:
        ++tries;  // somebody writes there; the next pass comes by again
        break;
      case ChunkOutcome::Deleted:
        tries = 0;
        break;
    }
  }
}

/// The index by which the documents of a clustered or time-series collection expire; 0: none.
std::uint64_t expiry_index(const catalog::CollectionDefinition& collection) {
  if (const catalog::IndexDefinition* id = collection.id_index()) return id->id;
  for (const catalog::IndexPtr& index : collection.indexes) {
    const catalog::IndexPart& first = index->parts.front();
    const bool whole = !index->building && !index->sparse && index->partial == nullptr;
    if (whole && first.path == collection.time_field &&
        first.kind != catalog::IndexPart::Kind::Hashed)
      return index->id;
  }
  return 0;
}

std::vector<Expiry> rules_of(const catalog::CollectionDefinition& collection, std::int64_t now_ms) {
  std::vector<Expiry> out;
  if (collection.expire_after_seconds) {
    out.push_back({collection.id, expiry_index(collection),
                   now_ms - *collection.expire_after_seconds * 1'000});
  }
  for (const catalog::IndexPtr& index : collection.indexes) {
    if (!index->expire_after_seconds || index->building) continue;
    out.push_back({collection.id, index->id, now_ms - *index->expire_after_seconds * 1'000});
  }
  return out;
}

}  // namespace

std::size_t delete_expired(Data& data, std::int64_t now_ms, std::size_t count_max) {
  std::size_t deleted = 0;
  const catalog::StatePtr state = data.catalog().latest();
  for (const catalog::CollectionPtr& collection : state->all()) {
    for (const Expiry& expiry : rules_of(*collection, now_ms))
      expire(data, expiry, count_max, deleted);
  }
  return deleted;
}

}  // namespace freshet::collection
