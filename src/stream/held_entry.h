// SPDX-License-Identifier: Apache-2.0
// The log entry a stream is at: one of the hub's ring, one of a block of the log, or one of its
// own.
#pragma once

#include <string_view>

#include "oplog/reader.h"
#include "storage/store.h"

namespace freshet::stream {

/// Holds no entry, or one, whose bytes it keeps alive. Not thread-safe.
class HeldEntry {
 public:
  explicit operator bool() const { return !bytes_.empty(); }
  /// Requires: it holds one.
  storage::Position position() const { return position_; }
  /// The same. They live until another entry is held, or let_go() or part_from_block() is called.
  std::string_view bytes() const { return bytes_; }

  void hold(storage::LogRecordPtr record);
  /// Requires: `entry` is one of `block`.
  void hold(const oplog::LogEntry& entry, const oplog::LogBlockPtr& block);
  /// Holds none. Remembers the block: the next entry is likely to be of the same, and costs no
  /// count of references then.
  void let_go();
  /// A stream that waits for its client does not keep a block for the sake of one small entry.
  void part_from_block();

 private:
  storage::Position position_;
  std::string_view bytes_;
  storage::LogRecordPtr record_;  // shared with the hub's ring
  oplog::LogBlockPtr block_;      // shared with the cache of blocks
};

}  // namespace freshet::stream
