// SPDX-License-Identifier: Apache-2.0
// Reading the log in order after a position, limited to a scope. With postings a reader seeks from
// block to block, so that what others wrote meanwhile costs nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/namespace.h"
#include "storage/store.h"

namespace freshet::oplog {

/// Whose entries are wanted.
struct LogScope {
  enum class Kind : std::uint8_t { All, Database, Collection };
  Kind kind = Kind::All;
  model::Namespace ns;  ///< Database: db only; Collection: both

  static LogScope all() { return {}; }
  static LogScope database(std::string db) { return {Kind::Database, {std::move(db), {}}}; }
  static LogScope collection(model::Namespace ns) { return {Kind::Collection, std::move(ns)}; }

  /// May the entry concern the scope? Documents by namespace, exactly. Commands pass when they are
  /// of the database, or when they may touch several (renameCollection, applyOps). Noops never.
  bool admits(std::string_view entry_bytes) const;
};

/// Hands out the entries of a scope in log order. Not thread-safe. Reads the engine, so it sees
/// what was applied; `up_to` keeps it to what is visible.
class LogReader {
 public:
  /// Entries with after < position <= up_to. Requires: `store` outlives this; `up_to` is applied.
  LogReader(storage::Store& store, LogScope scope, storage::Position after,
            storage::Position up_to);
  ~LogReader();
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;

  /// The next entry; nothing when there is none up to the bound, or when `examine_max` entries
  /// outside the scope were passed over (then at_end() is false: call again).
  std::optional<storage::LogRecord> next(std::size_t examine_max = ~std::size_t{0});
  bool at_end() const;

  /// Every entry of the scope at or below this position was handed out.
  storage::Position evaluated() const;
  /// Moves the bound forward (to a newer visible position). Requires: it is applied.
  void set_up_to(storage::Position up_to);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::oplog
