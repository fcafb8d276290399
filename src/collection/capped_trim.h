// SPDX-License-Identifier: Apache-2.0
// Bringing a collection that was just made capped within its limits.
#pragma once

#include <cstdint>

#include "base/operation.h"
#include "collection/data.h"

namespace freshet::collection {

/// Drops the oldest documents, in several commits, until the limits hold or the collection is gone.
/// Nothing of it is in the log. Every write does it too, so whoever is interrupted leaves nothing
/// undone for long.
void trim_capped(Data& data, std::uint64_t collection_id, Operation& op);

}  // namespace freshet::collection
