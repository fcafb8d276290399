// SPDX-License-Identifier: Apache-2.0
// The only writer of user data: document, index keys and oplog entry in one storage transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "bson/view.h"
#include "catalog/definitions.h"
#include "collection/record.h"
#include "collection/write_unit.h"
#include "model/session_id.h"
#include "oplog/entry.h"
#include "query/update.h"

namespace freshet {
class Logger;
}

namespace freshet::collection {

struct CappedState;

/// What the writes of one statement are told.
struct WriteContext {
  std::int64_t wall_ms = 0;
  std::int64_t term = 1;
  std::optional<model::SessionId> lsid;  ///< retryable writes
  std::int64_t txn_number = -1;
  std::int32_t stmt_id = -1;
  bool bypass_validation = false;
  bool keep_images = false;  ///< pre-images whatever the collection says
  Logger* logger = nullptr;  ///< takes the warnings of validationAction: "warn"; may be null
};

enum class [[nodiscard]] WriteStatus : std::uint8_t{
    Done,
    Conflict,  ///< another open transaction holds a key: Transaction::wait_for_conflict, or give up
    Changed,   ///< written by somebody since the snapshot: begin again
    DuplicateKey,  ///< see WriteOutcome::duplicate
};

/// Which key was there already: the fields of error 11000.
struct DuplicateKey {
  std::string index;
  std::string key_pattern;  ///< BSON
  std::string key_value;    ///< BSON
  std::string collation;    ///< BSON, of an index with a collation; empty otherwise
  RecordId holder{};        ///< who has it
};

struct [[nodiscard]] WriteOutcome {
  WriteStatus status = WriteStatus::Done;
  RecordId record{};
  std::unique_ptr<DuplicateKey> duplicate;  ///< set with WriteStatus::DuplicateKey

  bool done() const { return status == WriteStatus::Done; }
};

/// Writes to one collection within one unit. Anything but Done leaves the unit with part of the
/// statement: roll back to a savepoint taken before, or drop the unit. So does a throw:
/// DocumentValidationFailure (121) with errInfo, CannotIndexParallelArrays (171), and what the
/// limits say.
class Writer {
 public:
  /// Requires: the unit outlives this; `collection` is of the unit's catalog. Throws
  /// InvalidNamespace (73) for the oplog, CommandNotSupportedOnView (166) for views.
  Writer(WriteUnit& unit, catalog::CollectionPtr collection, WriteContext context);

  const catalog::CollectionDefinition& collection() const { return *collection_; }
  /// For the next statement of a bulk.
  void set_stmt_id(std::int32_t stmt_id) { context_.stmt_id = stmt_id; }

  /// Requires: `document` came from prepare_insert().
  WriteOutcome insert(bson::View document);
  /// `before` is the document as the unit's transaction sees it under `id`. Writes nothing when
  /// `outcome` changes nothing.
  WriteOutcome update(RecordId id, bson::View before, const query::UpdateOutcome& outcome);
  WriteOutcome remove(RecordId id, bson::View before);
  /// Drops the oldest documents of a capped collection that are too many for its limits, at most
  /// `count_max`; `more` tells whether there may be others. Done or a wait.
  WriteStatus trim_capped(std::size_t count_max, bool& more);

 private:
  oplog::EntryContext entry_context() const;
  oplog::EntryTarget entry_target() const { return {collection_->full_name, collection_->uuid}; }
  void check_validator(bson::View document, const bson::View* before) const;
  bool keeps_images() const { return collection_->pre_images || context_.keep_images; }
  WriteStatus put_new(bson::View document, RecordId& id);
  WriteStatus put_new_capped(bson::View document, RecordId& id);
  WriteStatus resize_capped(std::int64_t documents, std::int64_t bytes);
  WriteStatus evict_oldest(CappedState& state);
  RecordId next_record_id();

  WriteUnit& unit_;
  catalog::CollectionPtr collection_;
  WriteContext context_;
};

/// "E11000 duplicate key error collection: db.coll index: a_1 dup key: { a: 1 }", as drivers match
/// it.
std::string duplicate_key_message(const catalog::CollectionDefinition& collection,
                                  const DuplicateKey& duplicate);
/// {keyPattern, keyValue[, collation]}: what goes beside code and message.
std::string duplicate_key_info(const DuplicateKey& duplicate);
/// DuplicateKey (11000) with both.
Error duplicate_key_error(const catalog::CollectionDefinition& collection,
                          const DuplicateKey& duplicate);
/// Throws it: for commands whose duplicate is no write error of a bulk.
[[noreturn]] void raise_duplicate_key(const catalog::CollectionDefinition& collection,
                                      const DuplicateKey& duplicate);

}  // namespace freshet::collection
