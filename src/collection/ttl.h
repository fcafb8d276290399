// SPDX-License-Identifier: Apache-2.0
// Documents that expire: one pass over the TTL indexes.
#pragma once

#include <cstddef>

#include "base/operation.h"
#include "collection/data.h"

namespace freshet::collection {

/// Deletes what has expired at wall time `now_ms`, in chunks; gives how many. Call about once a
/// minute from a background thread. At most `count_max` per pass.
std::size_t delete_expired(Data& data, std::int64_t now_ms, std::size_t count_max = 100'000);

}  // namespace freshet::collection
