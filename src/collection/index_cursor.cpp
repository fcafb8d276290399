// SPDX-License-Identifier: Apache-2.0
#include "collection/index_cursor.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"
#include "bson/key.h"
#include "collection/index_keys.h"
#include "collection/wildcard_keys.h"

namespace freshet::collection {

IndexCursor::IndexCursor(const storage::Reader& reader, const catalog::IndexDefinition& index,
                         storage::KeyRange range, storage::Direction direction)
    : direction_(direction), unique_(index.unique) {
  range.begin = bounded_begin(std::move(range.begin));
  if (index.wildcard != nullptr) range.begin = std::max(range.begin, first_wildcard_entry());
  range.end = bounded_end(std::move(range.end));
  scan_ = reader.scan(index.space(), range, direction);
}

RecordId IndexCursor::record() const {
  if (unique_) return holder_of(scan_->value());
  const std::string_view entry = scan_->key();
  return record_id_of(entry.substr(entry.size() - kRecordKeyBytes));
}

std::string_view IndexCursor::key() const {
  const std::string_view entry = scan_->key();
  return unique_ ? entry : entry.substr(0, entry.size() - kRecordKeyBytes);
}

std::string_view IndexCursor::types() const {
  const std::string_view value = scan_->value();
  return unique_ ? value.substr(kRecordKeyBytes) : value;
}

void IndexCursor::seek(std::string key) {
  if (direction_ == storage::Direction::Forward) {
    scan_->seek(bounded_begin(std::move(key)));
    return;
  }
  // Backward: every entry that begins with the key lies at or before it.
  std::string end = bson::prefix_end(bounded_begin(std::move(key)));
  if (end.empty()) return;
  scan_->seek(end);
  if (scan_->valid() && scan_->key() == end) scan_->next();
}

void IndexCursor::seek_past(std::string_view entry) {
  const std::string at(entry);
  scan_->seek(at);
  if (scan_->valid() && scan_->key() == at) scan_->next();
}

RecordId holder_of(std::string_view value) {
  return record_id_of(value.substr(0, kRecordKeyBytes));
}

std::optional<RecordId> find_unique(const storage::Reader& reader,
                                    const catalog::IndexDefinition& index,
                                    std::string encoded_key) {
  invariant(index.unique, "only unique indexes are asked for one key");
  const auto value = reader.get(index.space(), bounded_key(std::move(encoded_key)));
  if (!value) return std::nullopt;
  return holder_of(*value);
}

namespace {

std::optional<RecordId> walk_to_id(const storage::Reader& reader,
                                   const catalog::CollectionDefinition& collection,
                                   bson::ValueView id) {
  const auto scan = reader.scan(collection.space(), {}, storage::Direction::Forward);
  for (; scan->valid(); scan->next()) {
    const bson::Element own = bson::View(scan->value())["_id"];
    if (bson::compare(own.value(), id) == 0) return record_id_of(scan->key());
  }
  return std::nullopt;
}

}  // namespace

std::optional<RecordId> find_by_id(const storage::Reader& reader,
                                   const catalog::CollectionDefinition& collection,
                                   bson::ValueView id) {
  const catalog::IndexDefinition* index = collection.id_index();
  if (index == nullptr) return walk_to_id(reader, collection, id);
  std::string key;
  append_index_value(key, *index, 0, id);
  return find_unique(reader, *index, std::move(key));
}

}  // namespace freshet::collection
