// SPDX-License-Identifier: Apache-2.0
#include "collection/record.h"

#include "base/bytes.h"
#include "base/invariant.h"
#include "oplog/log_scan.h"

namespace freshet::collection {

using storage::Direction;

std::string record_key(RecordId id) {
  std::string key;
  append_be64(key, value_of(id));
  return key;
}

RecordId record_id_of(std::string_view key) {
  invariant(key.size() == 8, "a record's key has eight bytes");
  return RecordId{load_be64(key.data())};
}

std::optional<std::string> get_document(const storage::Reader& reader, storage::Store& store,
                                        const catalog::CollectionDefinition& collection,
                                        RecordId id) {
  if (!collection.is_oplog()) return reader.get(collection.space(), record_key(id));
  if (value_of(id) > reader.position().value()) return std::nullopt;
  return oplog::entry_at(store, storage::Position(value_of(id)));
}

std::vector<std::optional<std::string>> get_documents(
    const storage::Reader& reader, const catalog::CollectionDefinition& collection,
    const std::vector<RecordId>& ids) {
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (const RecordId id : ids)
    keys.push_back(record_key(id));
  return reader.multi_get(collection.space(), keys);
}

RecordCursor::RecordCursor(const storage::Reader& reader, storage::Store& store,
                           const catalog::CollectionDefinition& collection, Direction direction,
                           RecordRange range) {
  storage::KeyRange keys;
  keys.begin = record_key(range.first);
  if (range.last != kRecordIdMax) keys.end = record_key(RecordId{value_of(range.last) + 1});
  if (collection.is_oplog()) {
    scan_ = std::make_unique<oplog::LogScan>(store, keys, reader.position(), direction);
  } else {
    scan_ = reader.scan(collection.space(), keys, direction);
  }
}

void RecordCursor::seek_past(RecordId id) {
  scan_->seek(record_key(id));
  if (scan_->valid() && record_id_of(scan_->key()) == id) scan_->next();
}

}  // namespace freshet::collection
