// SPDX-License-Identifier: Apache-2.0
// A small file beside the engine's that says how far everything is known to be durable. An engine
// that comes back with less has lost what was acknowledged, and must not be started.
//
// Format (docs/formats/durable-mark.md), little-endian, two slots of 512 bytes written in turn, the
// valid one with the higher sequence counts:
//   0  8 bytes  "FRSHMARK"
//   8  u32      version, 1
//   12 u32      0
//   16 u64      position
//   24 u64      sequence of the last durable group
//   32 u32      CRC-32 (zlib's) of bytes 0..31
// The rest of a slot is zero. Never renumber.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/store.h"

namespace freshet::commit {

/// How far a store goes.
struct Extent {
  storage::Position position;
  std::uint64_t sequence = 0;
};

/// "Timestamp(1700000000, 3) (commit 42)"
std::string to_text(const Extent& extent);

inline Extent extent_of(const storage::Store& store) {
  return {store.last_position(), store.last_sequence()};
}

/// What the mark says; nothing when the file does not exist. Throws Error (OperationFailed) when it
/// cannot be read or neither slot is whole.
std::optional<Extent> read_durable_mark(const std::string& path);

/// Throws Error (OperationFailed) naming both positions when `recovered` ends below the mark.
void check_durable_mark(const std::string& path, const Extent& recovered);

/// Writes the mark. One thread at a time.
class DurableMark {
 public:
  /// Opens or creates the file. Throws Error (OperationFailed) when that cannot be. An empty path:
  /// write() does nothing.
  explicit DurableMark(const std::string& path);
  ~DurableMark();
  DurableMark(const DurableMark&) = delete;
  DurableMark& operator=(const DurableMark&) = delete;

  /// Not synced: a mark that falls behind is only less strict. False when it could not be written.
  [[nodiscard]] bool write(const Extent& durable);

 private:
  int file_ = -1;
  bool second_ = false;  // which slot is next
};

}  // namespace freshet::commit
