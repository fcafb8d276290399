// SPDX-License-Identifier: Apache-2.0
// What change streams did since the start; serverStatus.metrics.changeStreams.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace freshet::stream {

/// Relaxed: cheap to add, read together without a lock.
class StreamCounter {
 public:
  void add(std::uint64_t by = 1) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const noexcept {
    return static_cast<std::int64_t>(value_.load(std::memory_order_relaxed));
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// How long streams lived, in classes.
struct Lifespan {
  Milliseconds below;
  const char* name;  ///< as MongoDB calls the class
};
inline constexpr std::array<Lifespan, 6> kLifespans = {{
    {Milliseconds(1'000), "lessThan1Second"},
    {Milliseconds(5'000), "lessThan5Seconds"},
    {Milliseconds(15'000), "lessThan15Seconds"},
    {Milliseconds(30'000), "lessThan30Seconds"},
    {Milliseconds(60'000), "lessThan1Minute"},
    {Milliseconds(600'000), "lessThan10Minutes"},
}};
inline constexpr const char* kLongestLifespan = "greaterThanOrEqual10Minutes";

/// Thread-safe.
struct StreamCounters {
  StreamCounter opened;
  StreamCounter collection_scope, database_scope, cluster_scope;
  StreamCounter show_expanded_events;  ///< streams with that option, and so on
  StreamCounter full_document_update_lookup, full_document_when_available, full_document_required;
  StreamCounter before_change_when_available, before_change_required;
  StreamCounter show_errors_as_events, changed_paths, split_stage;
  StreamCounter batches, events, event_bytes;
  StreamCounter entries_examined, entry_bytes_read;
  StreamCounter large_events_split, large_events_failed;
  StreamCounter error_events;      ///< failures that became events
  StreamCounter history_lost;      ///< streams that were told 286, or of a gap
  StreamCounter history_warnings;  ///< streams of which the log said that they were about to be
  std::array<StreamCounter, kLifespans.size() + 1> lifespans;  ///< closed ones

  void note_closed(Milliseconds lived) noexcept {
    std::size_t at = 0;
    while (at < kLifespans.size() && lived >= kLifespans[at].below)
      ++at;
    lifespans[at].add();
  }
};

}  // namespace freshet::stream
