// SPDX-License-Identifier: Apache-2.0
#include "session/transaction_table.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/invariant.h"
#include "base/limits.h"
#include "base/operation.h"
#include "collection/retry.h"

namespace freshet::session {

/// What is known of one session's newest number. Guarded by the table's mutex.
struct SessionState {
  enum class State : std::uint8_t {
    None,       ///< of this number nothing is known
    Retryable,  ///< it is that of retryable writes
    InProgress,
    Committed,
    Aborted,
  };
  std::int64_t number = -1;
  State state = State::None;
  OpenTransactionPtr open;  // while InProgress
  SteadyTime begun;
  SteadyTime last_used;
  Position committed_at;
  Operation* user = nullptr;  // the command that uses the transaction
  bool must_end = false;      // as soon as that command is over
  std::size_t memory_bytes = 0;
  std::vector<WakerPtr> waiting;
};

namespace {

using State = SessionState::State;

[[noreturn]] void raise_too_old(const model::SessionId& session, std::int64_t number,
                                std::int64_t newest) {
  raise(ErrorCode::TransactionTooOld,
        "Cannot use transaction number {} on session {} because a newer one, {}, has already "
        "been used on it",
        number, session.id.to_string(), newest);
}

[[noreturn]] void raise_no_such(std::int64_t number, const SessionState& state) {
  if (state.number == number && state.state == State::Aborted) {
    raise(ErrorCode::NoSuchTransaction, "Transaction with {{ txnNumber: {} }} has been aborted.",
          number);
  }
  raise(ErrorCode::NoSuchTransaction,
        "Given transaction number {} does not match any in-progress transactions. The active "
        "transaction number is {}",
        number, state.number);
}

/// Throws unless the statement may go on with what the session is in.
void check_continues(const SessionState& state, std::int64_t number, Statement statement) {
  if (number > state.number) raise_no_such(number, state);
  switch (state.state) {
    case State::InProgress:
      return;
    case State::Committed:
      if (statement == Statement::Commit) return;
      raise(ErrorCode::TransactionCommitted,
            "Transaction with {{ txnNumber: {} }} has been "
            "committed.",
            number);
    case State::None:
    case State::Retryable:
    case State::Aborted:
      break;
  }
  raise_no_such(number, state);
}

}  // namespace

TransactionUse::TransactionUse(TransactionTable& table, const model::SessionId& session,
                               SessionState& state)
    : table_(&table),
      session_(&session),
      state_(&state),
      number_(state.number),
      open_(state.open),
      committed_at_(state.committed_at) {}

TransactionUse::TransactionUse(TransactionUse&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)),
      session_(other.session_),
      state_(other.state_),
      number_(other.number_),
      open_(std::move(other.open_)),
      committed_at_(other.committed_at_),
      end_(other.end_) {}

TransactionUse::~TransactionUse() {
  if (table_ != nullptr) table_->leave(*this);
}

void TransactionUse::keep() {
  open_->unit().forget_savepoints();
  const auto bytes_max = static_cast<std::size_t>(table_->limits_.txn_bytes_max);
  if (open_->operation_bytes() > bytes_max) {
    raise(ErrorCode::TransactionTooLarge,
          "the operations of one transaction may take {} bytes (txnBytesMax), and these take {}",
          bytes_max, open_->operation_bytes());
  }
  {
    const MutexLock lock(table_->mutex_);
    table_->set_memory(*state_, open_->memory_bytes());
    const std::int64_t held = table_->stats_.memory_bytes;
    if (held > table_->limits_.transactions_memory_bytes_max) {
      raise(ErrorCode::WriteConflict,
            "the open transactions hold {} bytes, which is more than they may "
            "(transactionsMemoryBytesMax)",
            held);
    }
  }
  end_ = End::Keep;
}

void TransactionUse::committed(Position position) {
  committed_at_ = position;
  end_ = End::Committed;
}

TransactionTable::TransactionTable(collection::Data& data, cursor::Registry& cursors,
                                   const Clock& clock, const Limits& limits)
    : data_(data), cursors_(cursors), clock_(clock), limits_(limits) {}

TransactionTable::~TransactionTable() = default;

// A session that was not heard of since the start: its newest number is read where its writes
// stored it.
TransactionTable::Sessions::iterator TransactionTable::find_or_load(
    const model::SessionId& session) {
  const auto [at, fresh] = sessions_.try_emplace(session);
  if (!fresh) return at;
  const auto snapshot = data_.commits().snapshot(commit::ReadPoint::Latest);
  if (const auto stored = collection::stored_number(*snapshot, session)) {
    at->second.number = stored->number;
    at->second.state = stored->committed_transaction ? State::Committed : State::Retryable;
    at->second.committed_at = snapshot->position();  // or before: what is waited for is there
  }
  return at;
}

void TransactionTable::set_memory(SessionState& state, std::size_t bytes) {
  stats_.memory_bytes += static_cast<std::int64_t>(bytes);
  stats_.memory_bytes -= static_cast<std::int64_t>(state.memory_bytes);
  state.memory_bytes = bytes;
}

OpenTransactionPtr TransactionTable::abort_locked(const model::SessionId& session,
                                                  SessionState& state) {
  if (state.state != State::InProgress) return nullptr;
  state.state = State::Aborted;
  state.must_end = false;
  set_memory(state, 0);
  open_.erase(session);
  ++stats_.total_aborted;
  return std::exchange(state.open, nullptr);
}

// Keys are released and cursors ended without the table's lock.
void TransactionTable::finish(OpenTransactionPtr ended) {
  if (ended == nullptr) return;
  for (const std::int64_t cursor : ended->cursors())
    cursors_.retire(cursor);
  ended->abort();
}

void TransactionTable::begin(const model::SessionId& session, SessionState& state,
                             std::int64_t number, const BeginOptions& options,
                             OpenTransactionPtr& ended) {
  if (number == state.number) {
    raise(ErrorCode::ConflictingOperationInProgress,
          "Cannot start transaction {} on session {} because a transaction or retryable write "
          "with the same number has already been started",
          number, session.id.to_string());
  }
  if (static_cast<std::int64_t>(open_.size()) >= limits_.transactions_open_max) {
    raise(ErrorCode::LockTimeout, "{} transactions are open, which is the most there can be",
          open_.size());
  }
  auto opened = std::make_shared<OpenTransaction>(data_, options.snapshot);
  ended = abort_locked(session, state);
  state.number = number;
  state.state = State::InProgress;
  state.open = std::move(opened);
  state.begun = clock_.steady();
  open_.insert(session);
  ++stats_.total_started;
}

std::optional<TransactionUse> TransactionTable::enter(const model::SessionId& session,
                                                      std::int64_t number, Statement statement,
                                                      const BeginOptions& options, Operation& op) {
  OpenTransactionPtr ended;
  std::optional<TransactionUse> use;
  {
    const MutexLock lock(mutex_);
    const auto at = find_or_load(session);
    SessionState& state = at->second;
    if (state.user != nullptr) return std::nullopt;
    if (number < state.number) raise_too_old(session, number, state.number);
    if (statement == Statement::Begin) {
      begin(session, state, number, options, ended);
    } else {
      check_continues(state, number, statement);
    }
    state.user = &op;
    state.last_used = clock_.steady();
    use.emplace(TransactionUse(*this, at->first, state));
  }
  finish(std::move(ended));
  return use;
}

void TransactionTable::leave(TransactionUse& use) {
  OpenTransactionPtr ended;
  std::vector<WakerPtr> waiting;
  {
    const MutexLock lock(mutex_);
    SessionState& state = *use.state_;
    state.user = nullptr;
    waiting.swap(state.waiting);
    const bool was_open = state.state == State::InProgress;
    if (was_open && use.end_ == TransactionUse::End::Committed) {
      ended = abort_locked(*use.session_, state);
      --stats_.total_aborted;
      ++stats_.total_committed;
      state.state = State::Committed;
      state.committed_at = use.committed_at_;
    } else if (was_open && (state.must_end || use.end_ == TransactionUse::End::Abort)) {
      ended = abort_locked(*use.session_, state);
    }
  }
  finish(std::move(ended));
  for (const WakerPtr& waker : waiting)
    waker->wake();
}

void TransactionTable::wait(const model::SessionId& session, const WakerPtr& waker) {
  {
    const MutexLock lock(mutex_);
    const auto at = sessions_.find(session);
    if (at != sessions_.end() && at->second.user != nullptr) {
      at->second.waiting.push_back(waker);
      return;
    }
  }
  waker->wake();
}

bool TransactionTable::note_retryable_write(const model::SessionId& session, std::int64_t number) {
  OpenTransactionPtr ended;
  {
    const MutexLock lock(mutex_);
    SessionState& state = find_or_load(session)->second;
    if (number < state.number) raise_too_old(session, number, state.number);
    if (number == state.number) {
      if (state.state == State::None || state.state == State::Retryable) return true;
      raise(ErrorCode::InvalidOptions,
            "Must specify autocommit=false on all operations of a multi-statement transaction");
    }
    // A command that still works in the old transaction takes it along when it ends.
    if (state.user != nullptr) {
      state.must_end = true;
      state.user->interrupt(ErrorCode::Interrupted);
      return false;
    }
    ended = abort_locked(session, state);
    state.number = number;
    state.state = State::Retryable;
    state.last_used = clock_.steady();
  }
  finish(std::move(ended));
  return true;
}

void TransactionTable::abort_if(const std::function<bool(const model::SessionId&)>& which) {
  std::vector<OpenTransactionPtr> ended;
  {
    const MutexLock lock(mutex_);
    const std::vector<model::SessionId> open(open_.begin(), open_.end());
    for (const model::SessionId& session : open) {
      if (!which(session)) continue;
      SessionState& state = sessions_.at(session);
      if (state.user != nullptr) {
        state.must_end = true;
      } else {
        ended.push_back(abort_locked(session, state));
      }
    }
  }
  for (OpenTransactionPtr& one : ended)
    finish(std::move(one));
}

void TransactionTable::purge(Milliseconds idle) {
  const SteadyTime oldest = clock_.steady() - idle;
  const MutexLock lock(mutex_);
  std::erase_if(sessions_, [oldest](const auto& session) {
    const SessionState& state = session.second;
    return state.user == nullptr && state.state != State::InProgress && state.last_used < oldest;
  });
}

void TransactionTable::expire() {
  const SteadyTime oldest = clock_.steady() - std::chrono::seconds(lifetime_s_.load());
  std::vector<OpenTransactionPtr> ended;
  {
    const MutexLock lock(mutex_);
    const std::vector<model::SessionId> open(open_.begin(), open_.end());
    for (const model::SessionId& session : open) {
      SessionState& state = sessions_.at(session);
      if (state.begun > oldest) continue;
      if (state.user != nullptr) {
        state.must_end = true;
        state.user->interrupt(ErrorCode::TransactionExceededLifetimeLimitSeconds);
      } else {
        ended.push_back(abort_locked(session, state));
      }
    }
  }
  for (OpenTransactionPtr& one : ended)
    finish(std::move(one));
}

TransactionStats TransactionTable::stats() const {
  const MutexLock lock(mutex_);
  TransactionStats stats = stats_;
  stats.open = static_cast<std::int64_t>(open_.size());
  for (const model::SessionId& session : open_) {
    if (sessions_.at(session).user != nullptr) ++stats.active;
  }
  return stats;
}

Position TransactionTable::oldest_snapshot() const {
  const MutexLock lock(mutex_);
  Position oldest = Position::max();
  for (const model::SessionId& session : open_)
    oldest = std::min(oldest, sessions_.at(session).open->snapshot_position());
  return oldest;
}

}  // namespace freshet::session
