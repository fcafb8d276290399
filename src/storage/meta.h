// SPDX-License-Identifier: Apache-2.0
// What a store says of itself: in which format it is written, whose history it holds, how often it
// was started, whether it was closed properly. Read and written before anything else is.
//
// Keys of the space (Meta, 0), values big-endian: "format" u32, "history" 16 bytes, "term" u64,
// "clean" one byte. Never renumber.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/random.h"
#include "storage/store.h"

namespace freshet::storage {

/// The format this program writes, and the newest it reads.
inline constexpr std::uint32_t kFormatVersion = 1;

struct Identity {
  std::uint32_t format_version = kFormatVersion;
  std::string history_id;  ///< 16 random bytes, made with the store; a restored copy keeps them
  std::uint64_t term = 0;  ///< grows with each start: the counter of electionId
  bool clean = false;      ///< the run before ended with end_run()
};

/// Nothing when the store is new. Throws Error (OperationFailed) when it is damaged,
/// (IncompatibleServerVersion) when it is of a newer format.
std::optional<Identity> read_identity(const Reader& reader);

/// The first write of a run: makes the identity of a new store, counts the term up, notes that the
/// run is not closed. Returns what holds now, with `clean` telling of the run before (true for a
/// new store). Applies and syncs one group: no CommitLayer may stand on the store yet. Throws Error
/// as read_identity(), and (OutOfDiskSpace, OperationFailed) when it cannot be written.
Identity begin_run(Store& store, Random& random);

/// What stores a higher term while the server runs.
Change term_change(std::uint64_t term);

/// The last write of a run: notes that it was closed. No CommitLayer may stand on the store any
/// more. False when that could not be written.
[[nodiscard]] bool end_run(Store& store);

}  // namespace freshet::storage
