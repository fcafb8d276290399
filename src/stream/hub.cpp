// SPDX-License-Identifier: Apache-2.0
#include "stream/hub.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "storage/commit/commit_layer.h"
#include "stream/change.h"
#include "stream/feed.h"
#include "stream/ring.h"
#include "stream/scope_index.h"

namespace freshet::stream {
namespace {

/// Bytes of entries that one take() holds.
constexpr std::size_t kTakenBytesMax = std::size_t{4} << 20;

}  // namespace

/// Everything but `hub` and `feed` is guarded by the hub's mutex.
struct SubscriptionState {
  Feed* feed = nullptr;
  Waiter waiter;
  StreamProgress progress;
  SteadyTime used;
  std::size_t slot = 0;  // place in HubState::subscriptions
};

/// Lock order: mutex before the ring's own; the flusher takes the ring's alone, and no waker is
/// woken under either.
struct HubState {
  HubState(commit::CommitLayer& the_commits, const Clock& the_clock, const Limits& the_limits)
      : commits(the_commits),
        clock(the_clock),
        limits(the_limits),
        ring_owner(std::make_shared<Ring>(
            static_cast<std::size_t>(the_limits.stream_ring_bytes_max), the_commits.visible())),
        ring(*ring_owner),
        encoded(static_cast<std::size_t>(the_limits.stream_feed_block_bytes_max)) {}

  commit::CommitLayer& commits;
  const Clock& clock;
  const Limits& limits;
  const std::shared_ptr<Ring> ring_owner;  // shared with the flusher, which may be calling it
  Ring& ring;
  EncodedCache encoded;
  std::thread dispatcher;

  mutable Mutex mutex;
  Position dispatched GUARDED_BY(mutex);  // all feeds were told of everything up to here
  ScopeIndex index GUARDED_BY(mutex);
  std::uint64_t last_feed_id GUARDED_BY(mutex) = 0;
  std::unordered_map<Feed*, std::unique_ptr<Feed>> feeds GUARDED_BY(mutex);
  std::unordered_map<std::string, Feed*> feeds_by_key GUARDED_BY(mutex);
  std::vector<SubscriptionState*> subscriptions GUARDED_BY(mutex);
  std::uint64_t dispatched_entries GUARDED_BY(mutex) = 0;
  std::uint64_t matches GUARDED_BY(mutex) = 0;
  std::uint64_t wakes GUARDED_BY(mutex) = 0;

  Position position_of(const SubscriptionState& subscription) const REQUIRES(mutex);
  Feed& join_feed(DefinitionPtr definition) REQUIRES(mutex);
  void leave_feed(Feed& feed) REQUIRES(mutex);
  void run_dispatcher();
  void dispatch(const Ring::Chunk& chunk, std::vector<WakerPtr>& wakers) REQUIRES(mutex);
  void dispatch_entry(std::uint64_t number, const storage::LogRecord& record,
                      std::vector<WakerPtr>& wakers) REQUIRES(mutex);
  void note_match(Feed& feed, std::uint64_t number, Position position,
                  std::vector<WakerPtr>& wakers) REQUIRES(mutex);

 private:
  std::vector<Feed*> candidates_;  // the dispatcher's own, kept for its capacity
  EventCache events_;              // the same
};

// A feed that knows all its matches knows that a stream without one has nothing to read.
Position HubState::position_of(const SubscriptionState& subscription) const {
  const Feed& feed = *subscription.feed;
  const Position at = std::max(subscription.progress.position, subscription.waiter.clean);
  if (at < feed.complete_from()) return at;
  const std::optional<Position> match = feed.first_match_after(at);
  return std::max(at, match ? Position(match->value() - 1) : dispatched);
}

Feed& HubState::join_feed(DefinitionPtr definition) {
  const std::string& key = definition->key();
  if (!key.empty()) {
    if (const auto found = feeds_by_key.find(key); found != feeds_by_key.end()) {
      return *found->second;
    }
  }
  if (feeds.empty()) {
    dispatched = std::max(dispatched, ring.listen());
    commits.set_stream_listeners(true);
  }
  auto feed = std::make_unique<Feed>(++last_feed_id, std::move(definition), dispatched);
  Feed& joined = *feed;
  if (!joined.definition()->key().empty()) feeds_by_key[joined.definition()->key()] = &joined;
  index.add(joined);
  feeds.emplace(&joined, std::move(feed));
  return joined;
}

void HubState::leave_feed(Feed& feed) {
  if (--feed.streams > 0) return;
  index.remove(feed);
  const std::string& key = feed.definition()->key();
  if (!key.empty()) feeds_by_key.erase(key);
  feeds.erase(&feed);
  if (feeds.empty()) {
    ring.unlisten();
    encoded.clear();
    commits.set_stream_listeners(false);
  }
}

void HubState::run_dispatcher() {
  Ring::Chunk chunk;
  std::vector<WakerPtr> wakers;
  while (ring.next_chunk(chunk)) {
    {
      const MutexLock lock(mutex);
      dispatch(chunk, wakers);
      wakes += wakers.size();
    }
    for (const WakerPtr& waker : wakers)
      waker->wake();
    wakers.clear();
  }
}

void HubState::dispatch(const Ring::Chunk& chunk, std::vector<WakerPtr>& wakers) {
  if (chunk.lost) {
    // The ring overflowed before we came round: nobody knows what the feeds missed, so each stream
    // reads the log from where it stands, as far as is known now.
    for (SubscriptionState* subscription : subscriptions)
      subscription->waiter.clean = position_of(*subscription);
    for (const auto& [key, feed] : feeds) {
      feed->forget(*chunk.lost);
      feed->take_wakers(dispatched, wakers);
    }
    dispatched = std::max(dispatched, *chunk.lost);
  }
  for (std::size_t i = 0; i < chunk.records.size(); ++i) {
    dispatch_entry(chunk.first + i, *chunk.records[i], wakers);
    dispatched = std::max(dispatched, chunk.records[i]->position);
  }
  dispatched_entries += chunk.records.size();
}

void HubState::dispatch_entry(std::uint64_t number, const storage::LogRecord& record,
                              std::vector<WakerPtr>& wakers) {
  candidates_.clear();
  events_.clear();
  const oplog::EntryView entry = oplog::EntryView::parse(record.bytes);
  ChangeReader changes(entry);
  while (const std::optional<Change> change = changes.next())
    index.find(*change, events_, candidates_);
  for (Feed* feed : candidates_) {
    if (std::exchange(feed->judged, number) == number) continue;
    if (feed->definition()->concerned(entry, events_)) {
      note_match(*feed, number, record.position, wakers);
    }
  }
  for (Feed* feed : index.of_log())
    note_match(*feed, number, record.position, wakers);
}

void HubState::note_match(Feed& feed, std::uint64_t number, Position position,
                          std::vector<WakerPtr>& wakers) {
  feed.note_match(number, position);
  feed.take_wakers(dispatched, wakers);
  ++matches;
}

Subscription::Subscription(HubState& hub, std::unique_ptr<SubscriptionState> state)
    : hub_(hub), state_(std::move(state)) {}

Subscription::~Subscription() {
  const MutexLock lock(hub_.mutex);
  state_->feed->remove_waiter(state_->waiter);
  hub_.subscriptions[state_->slot] = hub_.subscriptions.back();
  hub_.subscriptions[state_->slot]->slot = state_->slot;
  hub_.subscriptions.pop_back();
  hub_.leave_feed(*state_->feed);
}

const Definition& Subscription::definition() const {
  return *state_->feed->definition();
}

Taken Subscription::take(Position after, std::size_t count_max) {
  const MutexLock lock(hub_.mutex);
  Feed& feed = *state_->feed;
  // While it waited, what passed was no concern of its: it need not be read again, and may be gone.
  after = std::max(after, state_->waiter.clean);
  Taken taken{.from = after, .evaluated = hub_.dispatched, .shared = feed.streams > 1};
  if (after < feed.complete_from()) {
    taken.behind = true;
    return taken;
  }
  const std::vector<std::uint64_t> numbers = feed.matches_after(after, count_max);
  taken.records = hub_.ring.fetch(numbers, kTakenBytesMax);
  if (taken.records.empty() && !numbers.empty()) {
    feed.forget_before(hub_.ring.first());  // the ring dropped it
    taken.behind = true;
    return taken;
  }
  taken.more = !taken.records.empty() && feed.has_match_after(taken.records.back()->position);
  return taken;
}

void Subscription::wait(Position after, WakerPtr waker) {
  {
    const MutexLock lock(hub_.mutex);
    Feed& feed = *state_->feed;
    if (after >= feed.complete_from() && !feed.has_match_after(after)) {
      feed.add_waiter(state_->waiter, std::move(waker));
      return;
    }
    feed.remove_waiter(state_->waiter);
  }
  waker->wake();
}

EncodedEventPtr Subscription::find_encoded(Position position, std::uint32_t index) const {
  return hub_.encoded.find({state_->feed->id(), position, index});
}

void Subscription::keep_encoded(Position position, std::uint32_t index, EncodedEventPtr event) {
  hub_.encoded.put({state_->feed->id(), position, index}, std::move(event));
}

bool Subscription::is_behind(Position after) const {
  const MutexLock lock(hub_.mutex);
  return after < state_->feed->complete_from();
}

void Subscription::note_needed(Position position) {
  const MutexLock lock(hub_.mutex);
  state_->progress.position = position;
  state_->used = hub_.clock.steady();
}

void Subscription::note_progress(const StreamProgress& progress) {
  const MutexLock lock(hub_.mutex);
  state_->progress = progress;
  state_->used = hub_.clock.steady();
}

StreamProgress Subscription::progress() const {
  const MutexLock lock(hub_.mutex);
  StreamProgress progress = state_->progress;
  progress.position = hub_.position_of(*state_);
  progress.waiting = state_->waiter.waker != nullptr;
  return progress;
}

StreamHub::StreamHub(commit::CommitLayer& commits, const Clock& clock, const Limits& limits)
    : state_(std::make_unique<HubState>(commits, clock, limits)) {
  HubState* state = state_.get();
  commits.set_on_visible([state](const std::vector<storage::LogRecordPtr>& records,
                                 Position visible) { state->ring.append(records, visible); });
  state_->dispatcher = std::thread([state] { state->run_dispatcher(); });
}

StreamHub::~StreamHub() {
  state_->commits.set_on_visible(nullptr);
  state_->ring.close();
  state_->dispatcher.join();
}

std::unique_ptr<Subscription> StreamHub::attach(DefinitionPtr definition) {
  auto subscription = std::make_unique<SubscriptionState>();
  const MutexLock lock(state_->mutex);
  if (static_cast<std::int64_t>(state_->subscriptions.size()) >= state_->limits.streams_open_max) {
    raise(ErrorCode::OperationFailed, "too many open change streams: streamsOpenMax is {}",
          state_->limits.streams_open_max);
  }
  Feed& feed = state_->join_feed(std::move(definition));
  ++feed.streams;
  subscription->feed = &feed;
  subscription->progress.position = state_->dispatched;
  subscription->used = state_->clock.steady();
  subscription->slot = state_->subscriptions.size();
  state_->subscriptions.push_back(subscription.get());
  return std::make_unique<Subscription>(*state_, std::move(subscription));
}

Position StreamHub::visible() const {
  return state_->ring.visible();
}

Position StreamHub::lowest_needed(SteadyTime since) const {
  const MutexLock lock(state_->mutex);
  Position lowest = Position::max();
  for (const SubscriptionState* subscription : state_->subscriptions) {
    if (subscription->feed->definition()->watches_only()) continue;
    const bool waits = subscription->waiter.waker != nullptr;
    if (waits || subscription->used >= since) {
      lowest = std::min(lowest, state_->position_of(*subscription));
    }
  }
  return lowest;
}

std::optional<Position> StreamHub::furthest_behind() const {
  const MutexLock lock(state_->mutex);
  std::optional<Position> lowest;
  for (const SubscriptionState* subscription : state_->subscriptions) {
    if (subscription->feed->definition()->watches_only()) continue;
    const Position position = state_->position_of(*subscription);
    if (!lowest || position < *lowest) lowest = position;
  }
  return lowest;
}

HubStats StreamHub::stats() const {
  HubStats stats{.ring_entries = state_->ring.entries(), .ring_bytes = state_->ring.bytes()};
  const MutexLock lock(state_->mutex);
  stats.streams = state_->subscriptions.size();
  stats.feeds = state_->feeds.size();
  for (const auto& [key, feed] : state_->feeds)
    stats.waiting += feed->waiting();
  stats.dispatched_entries = state_->dispatched_entries;
  stats.matches = state_->matches;
  stats.wakes = state_->wakes;
  return stats;
}

}  // namespace freshet::stream
