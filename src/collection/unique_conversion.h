// SPDX-License-Identifier: Apache-2.0
// collMod {index: {…, unique: true}}: a unique index in the place of one under prepareUnique.
#pragma once

#include <optional>

#include "base/operation.h"
#include "bson/view.h"
#include "collection/data.h"

namespace freshet::collection {

/// `target`: {name} or {keyPattern}. Blocks until it is done; runs on a worker. Nothing changes,
/// and no position is given, when the index is unique already, or on a dry run. Throws
/// InvalidOptions (72) without prepareUnique, CannotConvertIndexToUnique (359) with the `_id`s of
/// the documents that share a key, IndexNotFound (27).
std::optional<storage::Position> convert_to_unique(Data& data, Operation& op,
                                                   const model::Namespace& ns, bson::View target,
                                                   bool dry_run);

}  // namespace freshet::collection
