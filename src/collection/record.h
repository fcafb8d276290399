// SPDX-License-Identifier: Apache-2.0
// Records: documents under their record ids. Record ids grow, so natural order is insertion order.
// In local.oplog.rs the record id is the entry's position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"
#include "storage/store.h"

namespace freshet::collection {

enum class RecordId : std::uint64_t {};

inline constexpr RecordId kRecordIdMin{0};
inline constexpr RecordId kRecordIdMax{~std::uint64_t{0}};
constexpr std::uint64_t value_of(RecordId id) {
  return static_cast<std::uint64_t>(id);
}

inline constexpr std::size_t kRecordKeyBytes = 8;
/// The bytes of a record's key, big-endian.
std::string record_key(RecordId id);
/// Requires: 8 bytes.
RecordId record_id_of(std::string_view key);

/// first <= id <= last.
struct RecordRange {
  RecordId first = kRecordIdMin;
  RecordId last = kRecordIdMax;
};

/// The document's bytes, or nothing. `store` serves local.oplog.rs.
std::optional<std::string> get_document(const storage::Reader& reader, storage::Store& store,
                                        const catalog::CollectionDefinition& collection,
                                        RecordId id);
/// As get_document() for each id, in order. Requires: not the oplog.
std::vector<std::optional<std::string>> get_documents(
    const storage::Reader& reader, const catalog::CollectionDefinition& collection,
    const std::vector<RecordId>& ids);

/// Walks a collection in natural order or its reverse. Must not outlive the reader. To continue on
/// another reader: remember id(), open there, seek_past(id). Not thread-safe.
class RecordCursor {
 public:
  RecordCursor(const storage::Reader& reader, storage::Store& store,
               const catalog::CollectionDefinition& collection,
               storage::Direction direction = storage::Direction::Forward, RecordRange range = {});

  bool valid() const { return scan_->valid(); }
  RecordId id() const { return record_id_of(scan_->key()); }  ///< Requires: valid().
  /// Valid until the next call. Requires: valid().
  bson::View document() const { return bson::View(scan_->value()); }
  void next() { scan_->next(); }
  /// To the first record behind `id` in the cursor's direction.
  void seek_past(RecordId id);

 private:
  std::unique_ptr<storage::Scan> scan_;
};

}  // namespace freshet::collection
