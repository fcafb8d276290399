// SPDX-License-Identifier: Apache-2.0
// Reading the log in order after a position, limited to a scope. With postings a reader seeks from
// block to block, so that what others wrote meanwhile costs nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/namespace.h"
#include "oplog/log_blocks.h"
#include "storage/store.h"

namespace freshet::oplog {

/// Whose entries are wanted.
struct LogScope {
  enum class Kind : std::uint8_t { All, Database, Collection };
  Kind kind = Kind::All;
  std::string db;  ///< empty: all
  std::string ns;  ///< "db.coll" of a collection

  static LogScope all() { return {}; }
  static LogScope database(std::string db) { return {Kind::Database, std::move(db), {}}; }
  static LogScope collection(const model::Namespace& ns) {
    return {Kind::Collection, ns.db, ns.full()};
  }

  /// May the entry concern the scope? Documents by namespace, exactly. Commands pass when they are
  /// of the database, or when they may touch several (renameCollection, applyOps). Noops never.
  bool admits(std::string_view entry_bytes) const;
};

/// One entry of a block; lives as long as that does.
struct LogEntry {
  storage::Position position;
  std::string_view bytes;
};

/// How fast somebody reads: blocks are small for who has just begun, and grow as it goes on. Kept
/// from one LogReader to the next by who reads in portions.
struct ReadPace {
  static constexpr std::size_t kFirstBytes = std::size_t{16} << 10;
  static constexpr std::size_t kBlockBytesMax = std::size_t{256} << 10;
  static constexpr std::size_t kGrowth = 4;

  std::size_t next_bytes() const {
    return bytes == 0 ? kFirstBytes : std::min(bytes * kGrowth, kBlockBytesMax);
  }

  std::size_t bytes = 0;    ///< of the last block, at most; 0: none was read
  storage::Position after;  ///< what it covers
  storage::Position through;
};

/// Hands out the entries of a scope in log order. Not thread-safe. Reads the engine, so it sees
/// what was applied; `up_to` keeps it to what is visible.
class LogReader {
 public:
  /// Entries with after < position <= up_to. Requires: `blocks` and `pace` outlive this; `up_to` is
  /// applied.
  LogReader(LogBlocks& blocks, ReadPace& pace, LogScope scope, storage::Position after,
            storage::Position up_to);
  ~LogReader();
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;

  /// The next entry, which is block()'s; nothing when there is none up to the bound, or when
  /// `examine_max` entries outside the scope were passed over (then at_end() is false: call again).
  std::optional<LogEntry> next(std::size_t examine_max = ~std::size_t{0});
  bool at_end() const;

  /// What keeps the last entry alive when the reader goes on or is gone; null before the first.
  const LogBlockPtr& block() const;

  /// Every entry of the scope at or below this position was handed out.
  storage::Position evaluated() const;
  /// Moves the bound forward (to a newer visible position). Requires: it is applied.
  void set_up_to(storage::Position up_to);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::oplog
