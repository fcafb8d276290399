// SPDX-License-Identifier: Apache-2.0
#include "oplog/lag.h"

#include <algorithm>

#include "oplog/entry.h"

namespace freshet::oplog {

const Lag& LagMeter::at(storage::Position position) {
  const auto known = known_.find(position);
  if (known != known_.end()) return known->second;
  return known_.emplace(position, measure(position)).first->second;
}

Lag LagMeter::measure(storage::Position position) {
  if (position >= end_) return {.log = LogTotals{}};
  Lag lag;
  const auto next = store_.read_log(position)->next();
  if (!next || next->position > end_) return {.log = LogTotals{}};
  lag.ms = std::max<std::int64_t>(0, now_ms_ - EntryView::parse(next->bytes).wall_ms);
  if (!end_totals_) end_totals_ = totals_up_to(store_, end_);
  const std::optional<LogTotals> read = totals_up_to(store_, position);
  if (*end_totals_ && read) {
    lag.log =
        LogTotals{(*end_totals_)->entries - read->entries, (*end_totals_)->bytes - read->bytes};
  }
  return lag;
}

}  // namespace freshet::oplog
