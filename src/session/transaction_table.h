// SPDX-License-Identifier: Apache-2.0
// Which transaction each session is in, and what became of its last one: numbers, states, whose
// turn it is, how long it may go on. docs: driver-visible rules are those of MongoDB 8.0.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/wait.h"
#include "collection/data.h"
#include "cursor/registry.h"
#include "model/session_id.h"
#include "session/open_transaction.h"

namespace freshet {
class Operation;
struct Limits;
}  // namespace freshet

namespace freshet::session {

class TransactionTable;
struct SessionState;

/// What a command wants with the session's transaction.
enum class Statement : std::uint8_t { Begin, Continue, Commit, Abort };

/// How a transaction begins.
struct BeginOptions {
  std::shared_ptr<const storage::Snapshot> snapshot = nullptr;  ///< null: the latest moment
};

/// One command's exclusive use of a session's transaction. Move-only. Unless the command says
/// otherwise the transaction is aborted when it ends: a command that fails takes it along.
class TransactionUse {
 public:
  TransactionUse(TransactionUse&& other) noexcept;
  TransactionUse& operator=(TransactionUse&&) = delete;
  ~TransactionUse();

  /// Null when it was committed before (a commit that is sent again).
  const OpenTransactionPtr& open() const { return open_; }
  const model::SessionId& session() const { return *session_; }
  std::int64_t number() const { return number_; }
  /// Of the commit, once there is one.
  Position committed_at() const { return committed_at_; }

  /// The statement succeeded: the transaction goes on. Throws WriteConflict (112) when all open
  /// transactions together hold more memory than they may, TransactionTooLarge (257) when this one
  /// wrote too much.
  void keep();
  /// It was committed.
  void committed(Position position);

 private:
  friend class TransactionTable;
  TransactionUse(TransactionTable& table, const model::SessionId& session, SessionState& state);

  enum class End : std::uint8_t { Abort, Keep, Committed };
  TransactionTable* table_;
  const model::SessionId* session_;  // in the table
  SessionState* state_;              // stays in the table while it is in use
  std::int64_t number_;
  OpenTransactionPtr open_;
  Position committed_at_;
  End end_ = End::Abort;
};

/// What serverStatus shows.
struct TransactionStats {
  std::int64_t open = 0;
  std::int64_t active = 0;  ///< a command uses it just now
  std::int64_t memory_bytes = 0;
  std::int64_t total_started = 0;
  std::int64_t total_committed = 0;
  std::int64_t total_aborted = 0;
};

/// Thread-safe. Outlives every use.
class TransactionTable {
 public:
  static constexpr std::int64_t kLifetimeDefaultS = 60;

  /// Limits used: transactions_open_max, transactions_memory_bytes_max, txn_bytes_max. Requires:
  /// everything outlives this.
  TransactionTable(collection::Data& data, cursor::Registry& cursors, const Clock& clock,
                   const Limits& limits);
  ~TransactionTable();
  TransactionTable(const TransactionTable&) = delete;
  TransactionTable& operator=(const TransactionTable&) = delete;

  /// The transaction of that number, for one command that runs as `op`; nothing while another
  /// command uses it: see wait(). Throws TransactionTooOld (225), NoSuchTransaction (251),
  /// TransactionCommitted (256), ConflictingOperationInProgress (117), and for Begin
  /// SnapshotUnavailable (246).
  std::optional<TransactionUse> enter(const model::SessionId& session, std::int64_t number,
                                      Statement statement, const BeginOptions& options,
                                      Operation& op);
  /// Wakes `waker` when no command uses the session's transaction; at once when that is so.
  void wait(const model::SessionId& session, const WakerPtr& waker);

  /// A retryable write of that number begins. Ends an older transaction of the session; false while
  /// a command works in that: see wait(). Throws TransactionTooOld (225), InvalidOptions (72) when
  /// the number is that of a transaction.
  [[nodiscard]] bool note_retryable_write(const model::SessionId& session, std::int64_t number);

  /// Aborts the open transactions of the sessions that `which` accepts; one that is in use ends
  /// when its command does. `which` must not call back.
  void abort_if(const std::function<bool(const model::SessionId&)>& which);
  /// Forgets the numbers of sessions that were not used for so long; what they wrote is stored.
  void purge(Milliseconds idle);
  /// Aborts what is older than the lifetime; a command that uses it is interrupted. Call about
  /// every second.
  void expire();

  void set_lifetime_s(std::int64_t seconds) { lifetime_s_ = seconds; }
  std::int64_t lifetime_s() const { return lifetime_s_; }
  TransactionStats stats() const;
  /// Of the oldest snapshot that an open transaction reads; max when none is open.
  Position oldest_snapshot() const;

 private:
  friend class TransactionUse;
  using Sessions = std::unordered_map<model::SessionId, SessionState>;

  Sessions::iterator find_or_load(const model::SessionId& session) REQUIRES(mutex_);
  void begin(const model::SessionId& session, SessionState& state, std::int64_t number,
             const BeginOptions& options, OpenTransactionPtr& ended) REQUIRES(mutex_);
  void leave(TransactionUse& use);
  OpenTransactionPtr abort_locked(const model::SessionId& session, SessionState& state)
      REQUIRES(mutex_);
  void set_memory(SessionState& state, std::size_t bytes) REQUIRES(mutex_);
  void finish(OpenTransactionPtr ended);

  collection::Data& data_;
  cursor::Registry& cursors_;
  const Clock& clock_;
  const Limits& limits_;
  std::atomic<std::int64_t> lifetime_s_{kLifetimeDefaultS};
  mutable Mutex mutex_;
  Sessions sessions_ GUARDED_BY(mutex_);
  std::unordered_set<model::SessionId> open_ GUARDED_BY(mutex_);
  TransactionStats stats_ GUARDED_BY(mutex_);
};

}  // namespace freshet::session
