// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/flusher.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace freshet::commit {
namespace {

// How far, in multiples of unflushed_bytes_max, those who had begun to write may go before they are
// held as well.
constexpr std::size_t kOverdraft = 4;

}  // namespace

Flusher::Flusher(storage::Store& store, const Clock& clock, Logger& logger, ReadPoints& points,
                 Health& health, FlusherOptions options)
    : store_(store),
      clock_(clock),
      logger_(logger),
      points_(points),
      health_(health),
      options_(std::move(options)),
      mark_(options_.durable_mark_path),
      announced_(points.visible().value()) {
  thread_ = std::thread([this] { run(); });
}

Flusher::~Flusher() {
  stop();
}

void Flusher::applied(const std::vector<storage::LogRecordPtr>& records, SnapshotPtr snapshot) {
  MutexLock lock(mutex_);
  if (!pending_.snapshot) {
    pending_since_ = clock_.steady();
    changed_.notify_one();
  }
  pending_.snapshot = std::move(snapshot);
  for (const auto& record : records) {
    pending_.bytes += record->bytes.size();
    pending_.records.push_back(record);
  }
  if (pending_.bytes > options_.unflushed_bytes_max / 2) changed_.notify_one();
  if (pending_.bytes > options_.unflushed_bytes_max) full_ = true;
}

void Flusher::wait_for_room() {
  MutexLock lock(mutex_);
  while (pending_.bytes / kOverdraft > options_.unflushed_bytes_max && !health_.failed())
    room_.wait(mutex_);
}

void Flusher::wait_room(WakerPtr waker) {
  {
    MutexLock lock(mutex_);
    if (full_ && !stopping_ && !health_.failed()) {
      waiting_for_room_.push_back(std::move(waker));
      return;
    }
  }
  waker->wake();
}

// What was pending is taken: those who waited for that are to be woken, without the lock.
std::vector<WakerPtr> Flusher::make_room() {
  full_ = false;
  room_.notify_all();
  return std::exchange(waiting_for_room_, {});
}

void Flusher::request(Position position) {
  MutexLock lock(mutex_);
  position = std::min(position, points_.applied());  // nothing to hurry for beyond
  if (position <= urgent_ || position <= points_.visible()) return;
  urgent_ = position;
  changed_.notify_one();
}

void Flusher::wait(Position position, WakerPtr waker) {
  {
    MutexLock lock(mutex_);
    if (position > announced() && !stopping_ && !health_.failed()) {
      waiting_.emplace(position, std::move(waker));
      return;
    }
  }
  waker->wake();
}

void Flusher::set_stream_listeners(bool any) {
  MutexLock lock(mutex_);
  stream_listeners_ = any;
  changed_.notify_one();
}

void Flusher::set_on_visible(OnVisible on_visible) {
  MutexLock lock(mutex_);
  on_visible_ = std::move(on_visible);
}

void Flusher::engine_failed() {
  {
    MutexLock lock(mutex_);
    changed_.notify_one();
    room_.notify_all();
  }
  wake_all();
}

void Flusher::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  wake_all();
}

void Flusher::run() {
  Batch batch;
  while (next_batch(batch)) {
    if (!flush(batch)) {
      engine_failed();
      return;
    }
    publish(batch);
    batch = {};
  }
}

// Waits until there is something to flush and it is time; false when the thread shall end.
bool Flusher::next_batch(Batch& batch) {
  std::vector<WakerPtr> waiting;
  {
    MutexLock lock(mutex_);
    for (;;) {
      if (health_.failed()) return false;
      const std::optional<SteadyTime> when = due();
      if (when && *when <= clock_.steady()) break;
      if (when) {
        sleep_until(*when);
      } else if (stopping_) {
        return false;
      } else {
        changed_.wait(mutex_);
      }
    }
    batch = std::exchange(pending_, {});
    last_flush_ = clock_.steady();
    waiting = make_room();
  }
  for (const WakerPtr& waker : waiting)
    waker->wake();
  return true;
}

// When to flush; nothing when there is nothing to.
std::optional<SteadyTime> Flusher::due() const {
  if (!pending_.snapshot) return std::nullopt;
  if (stopping_ || urgent_ > points_.visible()) return SteadyTime::min();
  if (pending_.bytes > options_.unflushed_bytes_max / 2) return SteadyTime::min();
  if (stream_listeners_) {
    return last_flush_ + std::chrono::microseconds(options_.interval_streams_us);
  }
  return pending_since_ + Milliseconds(options_.interval_idle_ms);
}

// The injected clock says how long, the machine's clock waits: a clock that stands still wakes us
// now and then, and not more often.
void Flusher::sleep_until(SteadyTime until) {
  changed_.wait_until(mutex_, std::chrono::steady_clock::now() + (until - clock_.steady()));
}

bool Flusher::flush(const Batch& batch) {
  bool durable = false;
  std::string why = "a sync of the log failed";
  try {
    durable = store_.sync() == storage::SyncOutcome::Durable;
  } catch (const std::exception& error) {
    why = error.what();
  }
  if (!durable) {
    health_.fail(why);
    return false;
  }
  if (!mark_.write({batch.snapshot->position(), batch.snapshot->sequence()}) && !mark_failed_) {
    mark_failed_ = true;
    logger_.warning("STORAGE", "the durable mark could not be written");
  }
  return true;
}

void Flusher::publish(const Batch& batch) {
  const Position position = batch.snapshot->position();
  points_.publish_visible(batch.snapshot);
  OnVisible on_visible;
  {
    MutexLock lock(mutex_);
    on_visible = on_visible_;
  }
  if (on_visible && !batch.records.empty()) on_visible(batch.records, position);
  std::vector<WakerPtr> ready;
  {
    MutexLock lock(mutex_);
    announced_ = position.value();
    const auto end = waiting_.upper_bound(position);
    for (auto at = waiting_.begin(); at != end; ++at)
      ready.push_back(std::move(at->second));
    waiting_.erase(waiting_.begin(), end);
  }
  for (const WakerPtr& waker : ready)
    waker->wake();
}

void Flusher::wake_all() {
  std::multimap<Position, WakerPtr> waiting;
  std::vector<WakerPtr> waiting_for_room;
  {
    MutexLock lock(mutex_);
    waiting.swap(waiting_);
    waiting_for_room = make_room();
  }
  for (const auto& [position, waker] : waiting)
    waker->wake();
  for (const WakerPtr& waker : waiting_for_room)
    waker->wake();
}

}  // namespace freshet::commit
