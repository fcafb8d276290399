// SPDX-License-Identifier: Apache-2.0
// Commit, once for all engines: sequencer, flusher, read points, who waits for what.
//
//   put ─► key table ─► commit(): sequencer merges the write sets that wait ─► Store::apply
//                                                                │
//                                           flusher: sync, mark ◄┘ ─► visible
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/wait.h"
#include "storage/commit/transaction.h"
#include "storage/store.h"

namespace freshet {
class Logger;
}

namespace freshet::commit {

struct CommitOptions {
  std::int64_t flush_interval_streams_us =
      1'000;                                  ///< least gap between flushes when only streams wait
  std::int64_t flush_interval_idle_ms = 100;  ///< latest flush when nobody waits
  std::string durable_mark_path;              ///< file that takes the durable position; empty: none
  std::string applied_mark_path;              ///< file that takes the applied position; empty: none
  std::size_t txn_bytes_max = std::size_t{128} << 20;  ///< write set and entries of one transaction
  std::size_t group_commits_max = 256;                 ///< commits merged into one group
  std::size_t group_bytes_max = std::size_t{4}
                                << 20;  ///< and their bytes; a larger commit goes alone
  std::size_t unflushed_bytes_max = std::size_t{64}
                                    << 20;    ///< entries kept until visible; see has_room()
  std::int64_t snapshot_window_ms = 300'000;  ///< how long a time that was handed out is readable
};

enum class [[nodiscard]] CommitStatus : std::uint8_t{
    Committed,
    StaleCatalog,  ///< a collection changed under the writer: run again with the catalog of a newer
                   ///< snapshot
    NoSpace,       ///< refused, nothing applied: disk almost full
    NotAccepting,  ///< the engine failed or the server is going down; nothing more will be
                   ///< acknowledged
    Unknown,       ///< the engine lost its connection in commit
};

struct CommitResult {
  CommitStatus status;
  Position
      position;  ///< of the transaction's last entry; of the last commit before it when it had none
};

/// Tells the sequencer whether a collection still is what a writer took it for. Called under the
/// sequencer only.
class CatalogCheck {
 public:
  virtual ~CatalogCheck() = default;
  virtual bool current(const CatalogDependency& dependency) const = 0;
};

/// Sees each group before the engine does and may add changes to it (postings of the log). Called
/// by the sequencer only, one group at a time. Must be short and must not throw.
class GroupObserver {
 public:
  virtual ~GroupObserver() = default;
  virtual void prepare(storage::CommitGroup& group) = 0;
  /// The group prepared last was refused: nothing of it, and nothing added to it, is true.
  virtual void refused() = 0;
};

/// Where in its group a commit with an `applied` callback may stand.
enum class Grouping : std::uint8_t {
  Last,      ///< later commits are checked against what it publishes (the catalog)
  Anywhere,  ///< it only counts: no commit is checked against it
};

/// A commit that waits for others to be merged with. Not thread-safe.
class QueuedCommit {
 public:
  /// Finishes it if that was not done.
  ~QueuedCommit();
  QueuedCommit(const QueuedCommit&) = delete;
  QueuedCommit& operator=(const QueuedCommit&) = delete;

  /// What CommitLayer::commit() returns, when it does. Call once.
  CommitResult finish();

 private:
  friend class CommitLayer;
  struct State;
  explicit QueuedCommit(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

/// Thread-safe. Starts its flusher thread in the constructor, ends it in the destructor.
class CommitLayer {
 public:
  /// Requires: `store`, `clock` and `logger` outlive this.
  CommitLayer(storage::Store& store, const Clock& clock, Logger& logger, CommitOptions options);
  ~CommitLayer();
  CommitLayer(const CommitLayer&) = delete;
  CommitLayer& operator=(const CommitLayer&) = delete;

  Transaction begin(ReadPoint point = ReadPoint::Latest);
  /// Over a snapshot that was taken before.
  Transaction begin(std::shared_ptr<const storage::Snapshot> snapshot);
  std::shared_ptr<const storage::Snapshot> snapshot(ReadPoint point);

  /// The visible moment, which snapshot_at() gives for its position until the window is over.
  std::shared_ptr<const storage::Snapshot> pin_visible();
  /// What was true at exactly this position; null when no snapshot of it is kept. Requires:
  /// at <= applied().
  std::shared_ptr<const storage::Snapshot> snapshot_at(Position at);
  /// Lets go what the window no longer covers. Called now and then.
  void expire_snapshots();
  /// How many different snapshots readers keep, those of the window among them.
  std::size_t snapshots_kept() const;

  /// Called with the positions of the transaction's entries, in order, or with none of them and the
  /// position of the commit before when it has no entries.
  using Applied = std::function<void(const std::vector<Position>& entries, Position position)>;

  /// Applies the write set and its entries as one atomic group member: one position per entry, in
  /// order, the last of them returned. Returns when applied (not when durable). The transaction is
  /// used up in every case.
  ///
  /// `applied`, when given, runs inside the sequencer after the engine applied the group and before
  /// anything of it can be seen: no snapshot at this position has been handed out, no key of it is
  /// released, no later commit was checked (unless `grouping` allows it). What it publishes (the
  /// catalog as of this position) is therefore seen by exactly those who can see the commit. It is
  /// not called when the commit fails. It must be short, must not throw and must not call this.
  CommitResult commit(Transaction&& transaction, const Applied& applied = nullptr,
                      Grouping grouping = Grouping::Last);
  /// The same in two steps: what is enqueued until the first of them is finished becomes one group,
  /// and costs the engine about as much as one commit. It is to be finished soon: nobody else can
  /// have its keys, though others may finish it with their own.
  std::unique_ptr<QueuedCommit> enqueue(Transaction&& transaction, Applied applied,
                                        Grouping grouping);

  /// Wakes `waker` when the key (Transaction::conflict_key()) is held by nobody; at once if so.
  void wait_released(const std::string& conflict_key, WakerPtr waker);

  /// The last applied position (operationTime of a write that changed nothing, of a read at
  /// Latest).
  Position applied() const;
  /// Everything at or below is durable, in order, without gaps, and was handed to on_visible: who is
  /// told of a write finds it in a stream.
  Position visible() const;

  /// Asks the flusher to make everything up to `position` visible at once (majority writes) …
  void request_flush(Position position);
  /// … and subscribes `waker` to visible() >= position; wakes at once if that is so already.
  void wait_visible(Position position, WakerPtr waker);
  /// False while more than unflushed_bytes_max is applied and not visible: whoever is about to
  /// begin a write waits first …
  bool has_room() const;
  /// … until `waker` is woken; at once if there is room. Those who write on regardless are held in
  /// commit() when it is several times as much.
  void wait_room(WakerPtr waker);
  /// While streams listen, the flusher runs at flush_interval_streams_us.
  void set_stream_listeners(bool any);

  /// Called in order by the flusher thread, once for each batch of entries that became visible,
  /// before wait_visible wakes. Must only append and signal. Set before the first commit.
  using OnVisible = std::function<void(const std::vector<storage::LogRecordPtr>&, Position)>;
  void set_on_visible(OnVisible on_visible);
  void set_catalog_check(const CatalogCheck* check);
  /// Set before the first commit; must outlive the last.
  void set_group_observer(GroupObserver* observer);

  /// True until the engine failed or stop() was called.
  bool accepting() const;
  /// Called once when the engine failed (on an unspecified thread): the process must stop.
  void set_on_fatal(std::function<void(const std::string& why)> on_fatal);
  /// Refuses new commits, flushes what was applied, wakes every waiter.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::commit
