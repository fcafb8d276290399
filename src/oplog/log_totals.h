// SPDX-License-Identifier: Apache-2.0
// How much log there is up to a position: what lag and retention by size are measured with. Each
// block of the postings says what had been written before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace freshet::oplog {

/// Entries and their bytes since the log began, dropped ones included. Regular.
struct LogTotals {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;

  void add(std::string_view entry_bytes) {
    ++entries;
    bytes += entry_bytes.size();
  }
  bool operator==(const LogTotals&) const = default;
};

/// The value of a block's posting.
std::string totals_value(const LogTotals& totals);
/// Nothing when the block was written by a version that kept no totals.
std::optional<LogTotals> totals_of(std::string_view value);

/// What lies at or below `position`; for one that was dropped, what was dropped. Exact; reads at
/// most one block of the log. Nothing where an older version kept no totals.
std::optional<LogTotals> totals_up_to(storage::Store& store, storage::Position position);

/// The first entry that is there with at least `bytes` up to its end, itself included. Reads at
/// most one block of the log. Nothing when there are not that many.
std::optional<storage::Position> position_at_bytes(storage::Store& store, std::uint64_t bytes);

}  // namespace freshet::oplog
