// SPDX-License-Identifier: Apache-2.0
// What a capped collection holds, kept exactly: one stored value that every write to it takes, so
// that record ids grow in commit order and nothing is passed over by who follows the end.
#pragma once

#include <cstdint>

#include "catalog/definitions.h"
#include "storage/commit/transaction.h"

namespace freshet::collection {

/// Stored under catalog::StoredKey::Capped as four 8-byte big-endian numbers.
struct CappedState {
  std::uint64_t first_record = 1;  ///< no record lies below it
  std::uint64_t last_record = 0;
  std::int64_t documents = 0;
  std::int64_t bytes = 0;
  bool stored = true;  ///< false: counted, own writes of the transaction included

  /// What is stored, or, while nothing is, what the collection holds: it was made capped.
  static CappedState load(const storage::Reader& reader,
                          const catalog::CollectionDefinition& collection);
  /// Takes the value until commit: nobody else writes to the collection meanwhile.
  static commit::HoldOutcome hold(commit::Transaction& transaction, std::uint64_t collection_id);
  /// Requires: held.
  commit::HoldOutcome save(commit::Transaction& transaction, std::uint64_t collection_id) const;

  bool over(const catalog::CollectionDefinition& collection) const {
    return bytes > collection.capped_bytes ||
           (collection.capped_documents > 0 && documents > collection.capped_documents);
  }
};

}  // namespace freshet::collection
