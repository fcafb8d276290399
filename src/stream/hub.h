// SPDX-License-Identifier: Apache-2.0
// The stream hub: receives each visible log entry once and tells the feeds it concerns. What a
// write costs follows the feeds that may match it, not those that are open.
//
//   flusher ─ on_visible ─► ring (append, signal)      never waits for anybody
//                            │ dispatcher, one thread
//                            ▼
//                   scope index ─► feed: note the match, take the wakers ─► wake
//
// A stream that keeps up takes its matches from the ring; one that lags reads the log itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/wait.h"
#include "storage/store.h"
#include "stream/definition.h"
#include "stream/encoded_cache.h"
#include "stream/progress.h"
#include "stream/split.h"

namespace freshet {
struct Limits;
}
namespace freshet::commit {
class CommitLayer;
}

namespace freshet::stream {

using storage::Position;

struct HubState;
struct SubscriptionState;

/// What a feed has for a stream that stands at some position.
struct Taken {
  Position from;  ///< where the stream stands now: further than it knew, if it waited
  std::vector<storage::LogRecordPtr> records;  ///< entries that concern it, in log order
  Position evaluated;                          ///< nothing else up to here does, unless `more`
  bool more = false;                           ///< there are further records
  bool behind = false;  ///< the feed does not reach back that far: read the log up to `evaluated`
  bool shared = false;  ///< other streams hand out the same events
};

/// One stream's hold on its feed. Thread-safe; must not outlive the hub.
class Subscription {
 public:
  Subscription(HubState& hub, std::unique_ptr<SubscriptionState> state);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// The feed's definition: equal to the one that was attached, perhaps shared with others.
  const Definition& definition() const;

  /// The entries after `after` that concern the definition.
  Taken take(Position after, std::size_t count_max = 64);
  /// Wakes `waker` once there may be something after `after`; at once if there is already. Replaces
  /// the waker of an earlier call.
  void wait(Position after, WakerPtr waker);
  /// The event of one change as a stream of the same definition built it; null when none did. For
  /// shared feeds whose events depend on the log alone.
  EncodedEventPtr find_encoded(Position position, std::uint32_t index) const;
  void keep_encoded(Position position, std::uint32_t index, EncodedEventPtr event);
  /// True when take() would say so.
  bool is_behind(Position after) const;
  /// Where its owner would go on; retention keeps the log after it.
  void note_needed(Position position);
  /// The same, and what it has handed out.
  void note_progress(const StreamProgress& progress);
  /// What was noted, with the position as the feed knows it.
  StreamProgress progress() const;

 private:
  HubState& hub_;
  std::unique_ptr<SubscriptionState> state_;
};

struct HubStats {
  std::size_t streams = 0;
  std::size_t feeds = 0;
  std::size_t waiting = 0;
  std::size_t ring_entries = 0;
  std::size_t ring_bytes = 0;
  std::uint64_t dispatched_entries = 0;  ///< since start
  std::uint64_t matches = 0;             ///< entries × feeds concerned, since start
  std::uint64_t wakes = 0;               ///< since start
};

/// Thread-safe. One thread of its own, which sleeps while nothing is written.
class StreamHub {
 public:
  /// Limits used: stream_ring_bytes_max, stream_feed_block_bytes_max, streams_open_max. Hooks
  /// itself into `commits`: construct it before the first commit, and end the commit layer's
  /// activity before destroying it. Requires: all references outlive this.
  StreamHub(commit::CommitLayer& commits, const Clock& clock, const Limits& limits);
  ~StreamHub();
  StreamHub(const StreamHub&) = delete;
  StreamHub& operator=(const StreamHub&) = delete;

  /// Joins the feed of an equal definition, or starts one. Throws OperationFailed (96) when too
  /// many streams are open.
  std::unique_ptr<Subscription> attach(DefinitionPtr definition);

  /// Everything at or below is durable: where a stream without a starting point begins.
  Position visible() const;

  /// The lowest position that a stream used since `since` would go on from; max when there is none.
  Position lowest_needed(SteadyTime since) const;

  /// Where the change stream stands that has most to read; nothing when none is open.
  std::optional<Position> furthest_behind() const;

  HubStats stats() const;

  /// The largest event that is sent whole; tests lower it.
  std::size_t event_bytes_max() const { return event_bytes_max_.load(std::memory_order_relaxed); }
  void set_event_bytes_max(std::size_t bytes) { event_bytes_max_ = bytes; }

 private:
  std::unique_ptr<HubState> state_;
  std::atomic<std::size_t> event_bytes_max_{kEventBytesMax};
};

}  // namespace freshet::stream
