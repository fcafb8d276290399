// SPDX-License-Identifier: Apache-2.0
// The only writer of user data: document, index keys and oplog entry in one storage transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bson/view.h"
#include "catalog/definitions.h"
#include "collection/index_keys.h"
#include "collection/record.h"
#include "collection/write_unit.h"
#include "oplog/entry.h"
#include "query/update.h"

namespace freshet::collection {

/// What the writes of one statement are told.
struct WriteContext {
  std::int64_t wall_ms = 0;
  std::int64_t term = 1;
  std::optional<model::SessionId> lsid;  ///< retryable writes
  std::int64_t txn_number = -1;
  std::int32_t stmt_id = -1;
  bool bypass_validation = false;
};

enum class [[nodiscard]] WriteStatus : std::uint8_t {
  Done,
  Conflict,      ///< another open transaction holds a key: Transaction::wait_for_conflict, or give up
  Changed,       ///< written by somebody since the snapshot: begin again
  DuplicateKey,  ///< see WriteOutcome::duplicate
};

/// Which key was there already: the fields of error 11000.
struct DuplicateKey {
  std::string index;
  std::string key_pattern;  ///< BSON
  std::string key_value;    ///< BSON
  std::optional<std::string> collation;  ///< BSON, of an index with a collation
  RecordId holder{};        ///< who has it
};

struct [[nodiscard]] WriteOutcome {
  WriteStatus status = WriteStatus::Done;
  RecordId record{};
  std::unique_ptr<DuplicateKey> duplicate;  ///< set with DuplicateKey

  bool done() const { return status == WriteStatus::Done; }
};

/// Writes to one collection within one unit. Anything but Done leaves the unit's transaction with
/// part of the statement: roll back to a savepoint taken before, or drop the unit. Throws
/// DocumentValidationFailure (121) with errInfo, CannotIndexParallelArrays (171), and what the
/// limits say.
class Writer {
 public:
  /// Requires: both outlive this; `collection` is of the unit's catalog and no view.
  Writer(WriteUnit& unit, catalog::CollectionPtr collection, WriteContext context);
  ~Writer();

  /// For the next statement of a bulk.
  void set_stmt_id(std::int32_t stmt_id) { context_.stmt_id = stmt_id; }

  /// Requires: `document` came from prepare_insert().
  WriteOutcome insert(bson::View document);
  /// `before` is the document as the unit's transaction sees it under `id`.
  WriteOutcome update(RecordId id, bson::View before, const query::UpdateOutcome& outcome);
  WriteOutcome remove(RecordId id, bson::View before);

 private:
  oplog::EntryContext entry_context() const;
  oplog::EntryTarget entry_target() const;
  void check_validator(bson::View document, const bson::View* before) const;
  WriteStatus insert_record(bson::View document, RecordId& id);
  WriteOutcome add_keys(const catalog::IndexDefinition& index, bson::View document, RecordId id);
  WriteOutcome add_key(const catalog::IndexDefinition& index, const std::string& key,
                       bson::View document, RecordId id);
  WriteStatus remove_keys(const catalog::IndexDefinition& index, bson::View document, RecordId id);
  WriteStatus remove_key(const catalog::IndexDefinition& index, const std::string& key,
                         RecordId id);
  WriteOutcome update_keys(const catalog::IndexDefinition& index, bson::View before,
                           bson::View after, RecordId id);
  void note_multikey(const catalog::IndexDefinition& index, std::uint32_t components);
  WriteStatus evict(std::uint64_t newest);

  WriteUnit& unit_;
  catalog::CollectionPtr collection_;
  WriteContext context_;
};

/// Throws DuplicateKey (11000) with keyPattern and keyValue: what a command does with the outcome
/// when it is no write error of a bulk.
[[noreturn]] void raise_duplicate_key(const catalog::CollectionDefinition& collection,
                                      const DuplicateKey& duplicate);
/// "E11000 duplicate key error collection: db.coll index: a_1 dup key: { a: 1 }", as drivers match
/// it.
std::string duplicate_key_message(const catalog::CollectionDefinition& collection,
                                  const DuplicateKey& duplicate);

}  // namespace freshet::collection
