// SPDX-License-Identifier: Apache-2.0
#include "cursor/registry.h"

#include <iterator>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/invariant.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/random.h"

namespace freshet::cursor {

/// One open cursor. `id`, `params`, `source` and `is_stream` are constant; the source is used by
/// whoever holds the pin; everything else is guarded by the registry's mutex.
struct Cursor {
  std::int64_t id = 0;
  CursorParams params;
  SourcePtr source;
  bool is_stream = false;
  std::shared_ptr<const ClientInfo> client;  // shared with its connection, which may close first
  std::int64_t created_wall_ms = 0;
  std::int64_t last_used_wall_ms = 0;
  SteadyTime last_used;
  std::int64_t batches = 0;
  std::int64_t documents = 0;
  std::optional<SteadyTime::duration> time_left;  // of whoever holds the pin
  bool pinned = false;
  bool killed = false;
  WakerPtr waker;  // of the parked command that holds the pin
};

using CursorPtr = std::unique_ptr<Cursor>;

namespace {

/// What ending cursors leaves to do once the registry's lock is released: sources are destroyed and
/// wakers woken without it. Declare it before the lock.
struct Ended {
  Ended() = default;
  Ended(const Ended&) = delete;
  Ended& operator=(const Ended&) = delete;
  ~Ended() {
    for (const WakerPtr& waker : wakers)
      waker->wake();
  }
  std::vector<CursorPtr> cursors;
  std::vector<WakerPtr> wakers;
};

}  // namespace

struct Registry::State {
  State(const Clock& the_clock, Random& the_random, const Limits& the_limits)
      : clock(the_clock), random(the_random), limits(the_limits) {}

  const Clock& clock;
  Random& random;
  const Limits& limits;

  mutable Mutex mutex;
  std::unordered_map<std::int64_t, CursorPtr> cursors GUARDED_BY(mutex);
  std::int64_t timed_out GUARDED_BY(mutex) = 0;
  std::int64_t total_opened GUARDED_BY(mutex) = 0;

  std::int64_t new_id() REQUIRES(mutex) {
    while (true) {
      const auto id = static_cast<std::int64_t>(random.next() >> 1);  // positive: 0 means closed
      if (id != 0 && !cursors.contains(id)) return id;
    }
  }

  /// Removes a cursor, or marks it when a command uses it. The next one.
  std::unordered_map<std::int64_t, CursorPtr>::iterator end(
      std::unordered_map<std::int64_t, CursorPtr>::iterator at, Ended& ended) REQUIRES(mutex) {
    Cursor& cursor = *at->second;
    if (!cursor.pinned) {
      ended.cursors.push_back(std::move(at->second));
      return cursors.erase(at);
    }
    cursor.killed = true;
    if (cursor.waker) ended.wakers.push_back(std::move(cursor.waker));
    return ++at;
  }

  void touch(Cursor& cursor) const REQUIRES(mutex) {
    cursor.last_used = clock.steady();
    cursor.last_used_wall_ms = clock.wall_ms();
  }
};

namespace {

/// What a retired cursor draws from.
class NothingLeft final : public Source {
 public:
  FillResult fill(Batch&, Operation&) override { return FillResult::Exhausted; }
};

CursorInfo info_of(const Cursor& cursor) {
  return {.id = cursor.id,
          .params = cursor.params,
          .client = cursor.client,
          .stream = cursor.source->stream_progress(),
          .pinned = cursor.pinned,
          .tailable = cursor.source->tailable(),
          .await_data = cursor.source->await_data(),
          .created_wall_ms = cursor.created_wall_ms,
          .last_used_wall_ms = cursor.last_used_wall_ms,
          .batches = cursor.batches,
          .documents = cursor.documents};
}

void check_session(const Cursor& cursor, const CursorUser& user) {
  const std::optional<model::SessionId>& own = cursor.params.user.session;
  if (user.session && !own) {
    raise(location(50736), "cursor id {} was not opened in a session, getMore came in one",
          cursor.id);
  }
  if (!user.session && own) {
    raise(location(50737), "cursor id {} was opened in a session, getMore came without one",
          cursor.id);
  }
  // A session is named by its UUID; its owner's digest was checked when the session was.
  if (user.session && own->id != user.session->id) {
    raise(location(50738), "cursor id {} was opened in another session", cursor.id);
  }
}

void check_transaction(const Cursor& cursor, const CursorUser& user) {
  const std::optional<std::int64_t>& own = cursor.params.user.txn_number;
  if (user.txn_number && !own) {
    raise(location(50739), "cursor id {} was not opened in a transaction, getMore came in one",
          cursor.id);
  }
  if (!user.txn_number && own) {
    raise(location(50740), "cursor id {} was opened in a transaction, getMore came without one",
          cursor.id);
  }
  if (user.txn_number != own) {
    raise(location(50741), "cursor id {} was opened in another transaction", cursor.id);
  }
}

void check_owner(const Cursor& cursor, const model::Namespace& ns, const CursorUser& user) {
  if (cursor.params.ns != ns) {
    raise(ErrorCode::Unauthorized, "cursor id {} belongs to '{}', getMore named '{}'", cursor.id,
          cursor.params.ns.full(), ns.full());
  }
  if (cursor.params.user.name != user.name) {
    raise(ErrorCode::Unauthorized, "cursor id {} was opened by another user", cursor.id);
  }
  check_session(cursor, user);
  check_transaction(cursor, user);
}

}  // namespace

Registry::Registry(const Clock& clock, Random& random, const Limits& limits)
    : state_(std::make_unique<State>(clock, random, limits)) {}

Registry::~Registry() = default;

CursorPin Registry::open(SourcePtr source, CursorParams params) {
  auto cursor = std::make_unique<Cursor>();
  cursor->params = std::move(params);
  cursor->source = std::move(source);
  cursor->client = cursor->params.user.client;
  cursor->is_stream = cursor->source->stream_progress().has_value();
  const MutexLock lock(state_->mutex);
  if (static_cast<std::int64_t>(state_->cursors.size()) >= state_->limits.cursors_open_max) {
    raise(ErrorCode::OperationFailed, "too many open cursors: cursorsOpenMax is {}",
          state_->limits.cursors_open_max);
  }
  cursor->id = state_->new_id();
  cursor->pinned = true;
  cursor->created_wall_ms = state_->clock.wall_ms();
  state_->touch(*cursor);
  ++state_->total_opened;
  Cursor& opened = *cursor;
  state_->cursors.emplace(opened.id, std::move(cursor));
  return {*this, opened};
}

CursorPin Registry::pin(std::int64_t id, const model::Namespace& ns, const CursorUser& user) {
  const MutexLock lock(state_->mutex);
  const auto found = state_->cursors.find(id);
  if (found == state_->cursors.end() || found->second->killed) {
    raise(ErrorCode::CursorNotFound, "cursor id {} not found", id);
  }
  Cursor& cursor = *found->second;
  check_owner(cursor, ns, user);
  if (cursor.pinned) {
    raise(ErrorCode::CursorInUse, "cursor id {} is in use by another command", id);
  }
  cursor.pinned = true;
  cursor.client = user.client;
  state_->touch(cursor);
  return {*this, cursor};
}

KillOutcome Registry::kill(std::int64_t id, const std::string& user_name) {
  Ended ended;
  const MutexLock lock(state_->mutex);
  const auto found = state_->cursors.find(id);
  if (found == state_->cursors.end() || found->second->killed) return KillOutcome::NotFound;
  if (found->second->params.user.name != user_name) return KillOutcome::NotFound;
  state_->end(found, ended);
  return KillOutcome::Killed;
}

std::size_t Registry::kill_if(const std::function<bool(const CursorInfo&)>& condition) {
  Ended ended;
  std::size_t killed = 0;
  const MutexLock lock(state_->mutex);
  for (auto at = state_->cursors.begin(); at != state_->cursors.end();) {
    if (at->second->killed || !condition(info_of(*at->second))) {
      ++at;
    } else {
      at = state_->end(at, ended);
      ++killed;
    }
  }
  return killed;
}

void Registry::retire(std::int64_t id) {
  SourcePtr let_go;  // destroyed outside the lock
  const MutexLock lock(state_->mutex);
  const auto found = state_->cursors.find(id);
  if (found == state_->cursors.end()) return;
  Cursor& cursor = *found->second;
  if (cursor.pinned) {
    cursor.killed = true;  // the command that ends takes it along
  } else {
    let_go = std::exchange(cursor.source, std::make_unique<NothingLeft>());
  }
}

std::size_t Registry::kill_session(const model::SessionId& session) {
  return kill_if([&](const CursorInfo& info) { return info.params.user.session == session; });
}

std::size_t Registry::reap() {
  Ended ended;
  const MutexLock lock(state_->mutex);
  const SteadyTime oldest =
      state_->clock.steady() - Milliseconds(state_->limits.cursor_idle_ms_max);
  for (auto at = state_->cursors.begin(); at != state_->cursors.end();) {
    const Cursor& cursor = *at->second;
    const bool idle = !cursor.pinned && !cursor.params.no_timeout && cursor.last_used <= oldest;
    at = idle ? state_->end(at, ended) : std::next(at);
  }
  state_->timed_out += static_cast<std::int64_t>(ended.cursors.size());
  return ended.cursors.size();
}

std::vector<CursorInfo> Registry::list() const {
  const MutexLock lock(state_->mutex);
  std::vector<CursorInfo> all;
  all.reserve(state_->cursors.size());
  for (const auto& [id, cursor] : state_->cursors)
    all.push_back(info_of(*cursor));
  return all;
}

std::vector<CursorInfo> Registry::list_streams() const {
  const MutexLock lock(state_->mutex);
  std::vector<CursorInfo> streams;
  for (const auto& [id, cursor] : state_->cursors) {
    if (cursor->is_stream) streams.push_back(info_of(*cursor));
  }
  return streams;
}

CursorStats Registry::stats() const {
  const MutexLock lock(state_->mutex);
  CursorStats stats{.open_total = static_cast<std::int64_t>(state_->cursors.size()),
                    .timed_out = state_->timed_out,
                    .total_opened = state_->total_opened};
  for (const auto& [id, cursor] : state_->cursors) {
    stats.open_pinned += cursor->pinned ? 1 : 0;
    stats.open_no_timeout += cursor->params.no_timeout ? 1 : 0;
    stats.streams_total += cursor->is_stream ? 1 : 0;
    stats.streams_pinned += cursor->is_stream && cursor->pinned ? 1 : 0;
  }
  return stats;
}

void Registry::unpin(Cursor& cursor, bool close) noexcept {
  CursorPtr ended;  // destroyed outside the lock
  const MutexLock lock(state_->mutex);
  invariant(cursor.pinned, "a cursor is unpinned once");
  cursor.pinned = false;
  cursor.waker = nullptr;
  if (close || cursor.killed) {
    const auto found = state_->cursors.find(cursor.id);
    ended = std::move(found->second);
    state_->cursors.erase(found);
  } else {
    state_->touch(cursor);
  }
}

CursorPin::CursorPin(CursorPin&& other) noexcept
    : registry_(other.registry_), cursor_(std::exchange(other.cursor_, nullptr)) {}

CursorPin& CursorPin::operator=(CursorPin&& other) noexcept {
  if (this != &other) {
    close();
    registry_ = other.registry_;
    cursor_ = std::exchange(other.cursor_, nullptr);
  }
  return *this;
}

std::int64_t CursorPin::id() const {
  return cursor_->id;
}
const CursorParams& CursorPin::params() const {
  return cursor_->params;
}
Source& CursorPin::source() {
  return *cursor_->source;
}

void CursorPin::note_batch(std::int64_t documents) {
  const MutexLock lock(registry_->state_->mutex);
  ++cursor_->batches;
  cursor_->documents += documents;
}

std::optional<SteadyTime::duration> CursorPin::time_left() const {
  return cursor_->time_left;
}

void CursorPin::set_time_left(std::optional<SteadyTime::duration> left) {
  cursor_->time_left = left;
}

void CursorPin::set_waker(WakerPtr waker) {
  WakerPtr wake_now;
  {
    const MutexLock lock(registry_->state_->mutex);
    if (cursor_->killed) {
      wake_now = std::move(waker);
    } else {
      cursor_->waker = std::move(waker);
    }
  }
  if (wake_now) wake_now->wake();
}

bool CursorPin::killed() const {
  const MutexLock lock(registry_->state_->mutex);
  return cursor_->killed;
}

void CursorPin::release() noexcept {
  if (cursor_ != nullptr) registry_->unpin(*std::exchange(cursor_, nullptr), false);
}

void CursorPin::close() noexcept {
  if (cursor_ != nullptr) registry_->unpin(*std::exchange(cursor_, nullptr), true);
}

}  // namespace freshet::cursor
