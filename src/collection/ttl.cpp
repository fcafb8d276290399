// SPDX-License-Identifier: Apache-2.0
#include "collection/ttl.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "bson/key.h"
#include "bson/value.h"
#include "catalog/ddl_commit.h"
#include "collection/index_cursor.h"
#include "collection/index_keys.h"

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

enum class ChunkOutcome { Deleted, Nothing, Again };

/// One commit's worth. `deleted` grows by what it deleted.
ChunkOutcome delete_chunk(Data& data, std::uint64_t collection_id, std::uint64_t index_id,
                          std::int64_t until_ms, std::size_t& deleted) {
  WriteUnit unit = data.begin();
  catalog::CollectionPtr collection = unit.catalog().find_by_id(collection_id);
  if (collection == nullptr) return ChunkOutcome::Nothing;
  const auto index =
      std::find_if(collection->indexes.begin(), collection->indexes.end(),
                   [index_id](const catalog::IndexPtr& other) { return other->id == index_id; });
  if (index == collection->indexes.end()) return ChunkOutcome::Nothing;
  const std::vector<RecordId> records = expired_records(unit, **index, until_ms, kChunk);
  if (records.empty()) return ChunkOutcome::Nothing;
  const auto documents = get_documents(unit.transaction(), *collection, records);
  Writer writer(unit, std::move(collection), data.write_context());
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!documents[i]) continue;
    if (!writer.remove(records[i], bson::View(*documents[i])).done()) return ChunkOutcome::Again;
  }
  const commit::CommitResult result = unit.commit();
  if (result.status == commit::CommitStatus::StaleCatalog) return ChunkOutcome::Again;
  catalog::check_committed(result);
  deleted += records.size();
  return ChunkOutcome::Deleted;
}

void expire_index(Data& data, const catalog::CollectionDefinition& collection,
                  const catalog::IndexDefinition& index, std::int64_t now_ms, std::size_t count_max,
                  std::size_t& deleted) {
  const std::int64_t until_ms = now_ms - *index.expire_after_seconds * 1'000;
  int tries = 0;
  while (deleted < count_max && tries < kTriesMax) {
    switch (delete_chunk(data, collection.id, index.id, until_ms, deleted)) {
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

}  // namespace

std::size_t delete_expired(Data& data, std::int64_t now_ms, std::size_t count_max) {
  std::size_t deleted = 0;
  const catalog::StatePtr state = data.catalog().latest();
  for (const catalog::CollectionPtr& collection : state->all()) {
    for (const catalog::IndexPtr& index : collection->indexes) {
      if (!index->expire_after_seconds || index->building) continue;
      expire_index(data, *collection, *index, now_ms, count_max, deleted);
    }
  }
  return deleted;
}

}  // namespace freshet::collection
