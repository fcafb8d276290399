// SPDX-License-Identifier: Apache-2.0
// Walking an index. Non-unique entries are key + record id (8 bytes); unique ones are the key, with
// the record id at the front of the value.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/definitions.h"
#include "collection/record.h"
#include "storage/store.h"

namespace freshet::collection {

/// Must not outlive the reader. To continue on another reader: remember entry(), open there with
/// the same range, seek_past(entry). Not thread-safe.
class IndexCursor {
 public:
  /// Entries with range.begin <= key < range.end, both made of encoded values (append_index_value;
  /// prefixes are fine) and bounded here. An empty end means no upper end.
  IndexCursor(const storage::Reader& reader, const catalog::IndexDefinition& index,
              storage::KeyRange range, storage::Direction direction = storage::Direction::Forward);

  bool valid() const { return scan_->valid(); }
  RecordId record() const;  ///< Requires: valid().
  /// The stored key without record id; valid until the next call. Requires: valid().
  std::string_view key() const;
  /// What the key does not tell of the values: see entry_types.h. Valid until the next call.
  /// Requires: valid().
  std::string_view types() const;
  /// The whole entry's key, unique within the index: where the cursor stands.
  std::string_view entry() const { return scan_->key(); }
  void next() { scan_->next(); }
  /// To the first entry at or behind `key` (encoded values, a prefix is fine) in the cursor's
  /// direction: forward the first entry >= key, backward the last one that is smaller than key or
  /// begins with it. Within the range.
  void seek(std::string key);
  /// To the first entry behind `entry` in the cursor's direction.
  void seek_past(std::string_view entry);

 private:
  std::unique_ptr<storage::Scan> scan_;
  storage::Direction direction_;
  bool unique_;
};

/// Whose key it is, from the value of a unique index's entry.
RecordId holder_of(std::string_view value);

/// The record that has exactly this key in a unique index; nothing when none has.
std::optional<RecordId> find_unique(const storage::Reader& reader,
                                    const catalog::IndexDefinition& index, std::string encoded_key);
/// The record with this `_id`, the first where time-series collections have several; nothing when
/// there is none. Requires: neither a view nor the oplog.
std::optional<RecordId> find_by_id(const storage::Reader& reader,
                                   const catalog::CollectionDefinition& collection,
                                   bson::ValueView id);

}  // namespace freshet::collection
