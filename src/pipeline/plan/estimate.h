// SPDX-License-Identifier: Apache-2.0
// How many entries lie in the ranges of several indexes: counted, as far as it takes to tell which
// has the fewest.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/plan/candidate.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// Most entries that are counted in one index.
inline constexpr std::int64_t kCountedMax = 8'192;

/// Fills in `keys` and `counted_all`. Counts in turns of growing size until one index is counted to
/// its end, so that it costs a small multiple of the fewest; where none ends within kCountedMax,
/// the engine's sizes of the ranges tell.
void count_keys(std::vector<Candidate>& candidates, const storage::Reader& reader,
                storage::Store& store, std::int64_t documents);

}  // namespace freshet::pipeline
