// SPDX-License-Identifier: Apache-2.0
// Reads of one moment. Only for the .cpp files of this folder.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "storage/rocksdb/engine.h"
#include "storage/store.h"

namespace freshet::rocks {

/// A snapshot of what is in the engine now, which ends at `end`. `open` is counted down when it
/// goes; the caller counted it up.
std::shared_ptr<const storage::Snapshot> take_snapshot(const Engine& engine, const End& end,
                                                       std::atomic<std::size_t>& open);

}  // namespace freshet::rocks
