// SPDX-License-Identifier: Apache-2.0
// What retention writes down of the part of the log that is gone. Meta key "oplog/retention"; its
// other fields are retention.cpp's own.
#pragma once

#include <optional>
#include <string_view>

#include "oplog/log_totals.h"
#include "storage/store.h"

namespace freshet::oplog {

inline constexpr storage::Space kRetentionSpace{storage::SpaceKind::Meta};
inline constexpr std::string_view kRetentionKey = "oplog/retention";

/// Where the log was cut.
struct Dropped {
  storage::Position position;       ///< of the newest entry that was dropped; zero: none was
  std::optional<LogTotals> totals;  ///< up to there; nothing after a cut by an older version
  bool one_document = false;        ///< that entry was the change of one document, and no more
};
Dropped read_dropped(const storage::Reader& reader);

}  // namespace freshet::oplog
