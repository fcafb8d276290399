// SPDX-License-Identifier: Apache-2.0
// Putting and erasing the keys of one document in one index.
#pragma once

#include "bson/view.h"
#include "catalog/definitions.h"
#include "collection/record.h"
#include "collection/write_unit.h"
#include "collection/writer.h"

namespace freshet::collection {

/// Each gives Done, Conflict, Changed or DuplicateKey, and throws what index_keys() throws. What an
/// index that is being built cannot hold is no failure of the write: it is left word of instead,
/// and the build fails (catalog/build_failure.h).
WriteOutcome add_index_keys(WriteUnit& unit, const catalog::CollectionDefinition& collection,
                            const catalog::IndexDefinition& index, bson::View document,
                            RecordId id);
WriteOutcome remove_index_keys(WriteUnit& unit, const catalog::IndexDefinition& index,
                               bson::View document, RecordId id);
/// Erases what only `before` has and adds what only `after` has.
WriteOutcome update_index_keys(WriteUnit& unit, const catalog::CollectionDefinition& collection,
                               const catalog::IndexDefinition& index, bson::View before,
                               bson::View after, RecordId id);

/// For the build itself: adds the keys of a document that was there before it.
WriteOutcome fill_index_keys(WriteUnit& unit, const catalog::IndexDefinition& index,
                             bson::View document, RecordId id);

constexpr WriteStatus status_of(commit::HoldOutcome outcome) {
  switch (outcome) {
    case commit::HoldOutcome::Held:
      return WriteStatus::Done;
    case commit::HoldOutcome::Conflict:
      return WriteStatus::Conflict;
    case commit::HoldOutcome::Changed:
      break;
  }
  return WriteStatus::Changed;
}

}  // namespace freshet::collection
