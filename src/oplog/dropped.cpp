// SPDX-License-Identifier: Apache-2.0
#include "oplog/dropped.h"

#include "bson/view.h"

namespace freshet::oplog {

Dropped read_dropped(const storage::Reader& reader) {
  const auto bytes = reader.get(kRetentionSpace, kRetentionKey);
  if (!bytes) return {.totals = LogTotals{}};
  const bson::View saved(*bytes);
  Dropped dropped{.position = storage::Position(saved["dropped"].as_timestamp())};
  dropped.one_document = saved["droppedOneDocument"].truthy();
  const bson::Element entries = saved["droppedEntries"];
  if (entries) {
    dropped.totals = LogTotals{static_cast<std::uint64_t>(entries.as_int64()),
                               static_cast<std::uint64_t>(saved["droppedBytes"].as_int64())};
  } else if (dropped.position.is_zero()) {
    dropped.totals = LogTotals{};
  }
  return dropped;
}

}  // namespace freshet::oplog
