// SPDX-License-Identifier: Apache-2.0
// A scan over a snapshot with a transaction's own writes laid over it.
#pragma once

#include <memory>

#include "storage/commit/write_set.h"
#include "storage/store.h"

namespace freshet::commit {

/// `base` is a scan of the same range and direction over the snapshot. `writes` outlives the scan
/// and may be written while it is open: what is written ahead of the scan is seen.
std::unique_ptr<storage::Scan> merged_scan(std::unique_ptr<storage::Scan> base,
                                           const WriteSet& writes, Space space,
                                           storage::KeyRange range, storage::Direction direction);

}  // namespace freshet::commit
