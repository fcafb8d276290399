// SPDX-License-Identifier: Apache-2.0
// Retryable writes: what the statements of a session's newest transaction number came to, written
// in the same storage transaction as their effects. docs/formats/sessions.md describes the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bson/view.h"
#include "model/session_id.h"
#include "storage/commit/transaction.h"

namespace freshet::collection {

/// What a retried statement is answered with.
struct StatementResult {
  std::int32_t n = 1;
  std::int32_t n_modified = 0;
  std::optional<std::string> upserted;  ///< {_id: …} of an upsert that inserted
  /// findAndModify: what it returned, {value: …} (null or a document); empty for other commands.
  std::optional<std::string> value;
  bool operator==(const StatementResult&) const = default;
};

/// One session's record within one transaction. Not thread-safe.
class RetryRecord {
 public:
  /// Reads the record. Throws TransactionTooOld (225) when the session has used a higher number.
  /// Requires: `transaction` outlives this.
  RetryRecord(commit::Transaction& transaction, const model::SessionId& lsid,
              std::int64_t txn_number);

  /// What the statement came to when it was executed before; nothing when it was not.
  std::optional<StatementResult> find(std::int32_t stmt_id) const;
  /// Remembers it; save() writes all that was remembered.
  void add(std::int32_t stmt_id, StatementResult result);
  /// Puts the record into the transaction. Call once before commit when anything was added.
  commit::HoldOutcome save(std::int64_t wall_ms);

 private:
  commit::Transaction& transaction_;

  /// Statements of consecutive ids with the same result.
  struct Run {
    std::int32_t first;
    std::int32_t last;
    StatementResult result;
  };
  void read(bson::View record);

  std::string key_;
  std::int64_t txn_number_;
  bool changed_ = false;
  std::vector<Run> runs_;
};

/// What is stored of a session's newest number.
struct StoredNumber {
  std::int64_t number;
  bool committed_transaction;  ///< else that of retryable writes
};
std::optional<StoredNumber> stored_number(const storage::Reader& reader,
                                          const model::SessionId& lsid);
/// Stores with a transaction that it was committed, so that the question can be answered after a
/// restart.
commit::HoldOutcome put_committed_number(commit::Transaction& transaction,
                                         const model::SessionId& lsid, std::int64_t number,
                                         std::int64_t wall_ms);

/// Erases records not used since `before_ms`, at most `count_max`; gives how many.
std::size_t expire_retry_records(commit::Transaction& transaction, std::int64_t before_ms,
                                 std::size_t count_max);

}  // namespace freshet::collection
