// SPDX-License-Identifier: Apache-2.0
// What retention tells of the log: what is there, what it is kept for, and when it will be gone.
#include <algorithm>

#include "oplog/entry.h"
#include "oplog/retention.h"

namespace freshet::oplog {
namespace {

using storage::Position;

// The growth of the log is taken from about this much of the past.
constexpr std::int64_t kGrowthMs = 10 * 60'000;

std::int64_t wall_of(const std::optional<storage::LogRecord>& record) {
  return record ? EntryView::parse(record->bytes).wall_ms : 0;
}

}  // namespace

History Retention::history() const {
  History history{.last = commits_.visible()};
  const Position next(history.last.value() + 1);
  history.last_wall_ms = wall_of(store_.read_log_backward(next)->next());
  if (bounds_.minimum_age) history.minimum_age = bounds_.minimum_age();
  const MutexLock lock(mutex_);
  history.dropped = last_dropped();
  // What was announced to go is not promised any more, though it may still be there.
  const auto first = store_.read_log(history.dropped)->next();
  if (first) history.first = first->position;
  history.first_wall_ms = wall_of(first);
  if (bounds_.totals && dropped_totals_) {
    const LogTotals written = bounds_.totals();
    history.held = {written.entries - dropped_totals_->entries,
                    written.bytes - dropped_totals_->bytes};
  }
  history.minimum_age_bytes = minimum_age_bytes_;
  history.streams_bytes = streams_bytes_;
  return history;
}

std::int64_t Retention::ms_until_old(Position position, std::int64_t age_ms,
                                     std::int64_t now_ms) const {
  const auto behind = std::ranges::upper_bound(samples_, position.value(), {}, &Sample::position);
  return (behind == samples_.end() ? now_ms : behind->running_ms) + age_ms - now_ms;
}

std::optional<std::int64_t> Retention::ms_until_crowded_out(Position position,
                                                            std::int64_t now_ms) const {
  if (!bounds_.totals) return std::nullopt;
  const auto read = totals_up_to(store_, position);
  if (!read) return std::nullopt;
  const std::uint64_t written = bounds_.totals().bytes;
  const std::uint64_t behind = written - std::min(written, read->bytes);
  if (behind >= options_.history_bytes) return 0;
  const auto since =
      std::ranges::lower_bound(samples_, now_ms - kGrowthMs, {}, &Sample::running_ms);
  if (since == samples_.end() || since->running_ms >= now_ms) return std::nullopt;
  const auto before = totals_up_to(store_, Position(since->position));
  if (!before || before->bytes >= written) return std::nullopt;
  const double per_ms = static_cast<double>(written - before->bytes) /
                        static_cast<double>(now_ms - since->running_ms);
  return static_cast<std::int64_t>(static_cast<double>(options_.history_bytes - behind) / per_ms);
}

std::optional<std::int64_t> Retention::ms_to_loss(Position position) const {
  if (position >= commits_.visible()) return std::nullopt;
  const MinimumAge minimum = bounds_.minimum_age ? bounds_.minimum_age() : MinimumAge{};
  const MutexLock lock(mutex_);
  const std::int64_t now_ms = running_ms();
  std::optional<std::int64_t> soonest;
  if (options_.history_ms > 0) soonest = ms_until_old(position, options_.history_ms, now_ms);
  if (options_.history_bytes > 0) {
    const auto crowded = ms_until_crowded_out(position, now_ms);
    if (crowded) soonest = std::min(soonest.value_or(*crowded), *crowded);
  }
  if (!soonest) return std::nullopt;
  if (minimum.ms > 0) soonest = std::max(*soonest, ms_until_old(position, minimum.ms, now_ms));
  return std::max<std::int64_t>(0, *soonest);
}

}  // namespace freshet::oplog
