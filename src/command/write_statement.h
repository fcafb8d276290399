// SPDX-License-Identifier: Apache-2.0
// One statement of a write command: what a try at it came to, and what it is tried with. insert,
// update, delete and bulkWrite run the same statements.
#pragma once

#include <cstdint>

#include "catalog/definitions.h"
#include "collection/retry.h"
#include "collection/write_unit.h"
#include "collection/writer.h"
#include "command/context.h"
#include "model/namespace.h"

namespace freshet::command {

/// What became of one attempt at a statement.
enum class [[nodiscard]] StatementStatus : std::uint8_t{
    Done,      ///< the statement is complete
    More,      ///< a part of it is: commit, then go on with the same statement
    Conflict,  ///< a key is held by an open transaction: wait
    Changed,   ///< somebody wrote since our snapshot: begin again
};

/// What an attempt works with. Lives as long as the attempt.
struct StatementScope {
  CommandContext& context;
  collection::WriteUnit& unit;
  const model::Namespace& ns;
  bool bypass_validation = false;
  std::int32_t stmt_id = -1;  ///< -1: not retryable
  /// Part of a multi-document transaction: nothing is committed or begun again in between.
  bool in_transaction = false;

  /// What the statement's writes are told.
  collection::WriteContext write_context() const;
};

/// Throws OperationNotSupportedInTransaction (263) for capped collections and time series.
void check_writable_in_transaction(const catalog::CollectionDefinition& collection);

/// The collection that the statement writes to, as its unit sees it; null when there is none.
/// Throws CommandNotSupportedOnView (166).
catalog::CollectionPtr target_of(const StatementScope& scope);

/// The collection of a statement that needs one: found, or created by the transaction. Null when it
/// was created outside the unit, which is to begin again.
catalog::CollectionPtr ensure_target(const StatementScope& scope);

/// Done, Conflict or Changed. Throws DuplicateKey (11000).
StatementStatus settle(const collection::WriteOutcome& outcome,
                       const catalog::CollectionDefinition& collection);

/// Enough is written for one commit.
bool portion_is_full(const Limits& limits, const commit::Transaction& transaction);

}  // namespace freshet::command
