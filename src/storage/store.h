// SPDX-License-Identifier: Apache-2.0
// What an engine is: ordered spaces, one log, atomic groups. No locks, no conflicts, no
// transactions: those are storage/commit's, written once above every engine. The contract of each
// method stands at it; storage/contract_test holds every engine to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster_time.h"

namespace freshet::storage {

/// A place in the log and in time; see model::ClusterTime. Position{} is before the first commit.
using Position = model::ClusterTime;

/// What a space holds. Stored: never renumber.
enum class SpaceKind : std::uint8_t {
  Documents = 1,  ///< id = collection's record store; key = record id (8 bytes, big-endian)
  Index = 2,      ///< id = index; key = sort key (+ record id), value = record id and type bits
  Catalog = 3,    ///< id 0
  Sessions = 4,   ///< id 0: retryable-write records
  Meta = 5,       ///< id 0: format version, history id, counters that must survive
  Postings = 6,   ///< id 0: which blocks of the log touch which collection
};

/// One ordered key space. Engines map it to a prefix or a table.
struct Space {
  SpaceKind kind;
  std::uint64_t id = 0;
  bool operator==(const Space&) const = default;
};

/// Half-open: begin <= key < end. An empty end means no upper bound.
struct KeyRange {
  std::string begin;
  std::string end;
};

enum class Direction : std::uint8_t { Forward, Backward };

/// A walk over one range of one space, in key order or its reverse. The views it hands out live
/// until the next call. One thread at a time. Must not outlive the Reader it came from.
class Scan {
 public:
  virtual ~Scan() = default;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;    ///< Requires: valid().
  virtual std::string_view value() const = 0;  ///< Requires: valid().
  virtual void next() = 0;  ///< One step in the scan's direction. Requires: valid().
  /// Jumps to the first key at or behind `key` in the scan's direction (≥ forward, ≤ backward),
  /// within the range.
  virtual void seek(std::string_view key) = 0;
};

/// Reads of one moment. Implemented by engine snapshots and by transactions (own writes over a
/// snapshot). One thread at a time unless stated otherwise.
class Reader {
 public:
  virtual ~Reader() = default;
  /// The value, or nothing. The bytes are the caller's.
  virtual std::optional<std::string> get(Space space, std::string_view key) const = 0;
  /// As get() for each key, in order; engines whose reads block fetch them together.
  virtual std::vector<std::optional<std::string>> multi_get(
      Space space, const std::vector<std::string>& keys) const;
  virtual std::unique_ptr<Scan> scan(Space space, const KeyRange& range,
                                     Direction direction) const = 0;
  /// Everything committed at or before this position is seen, nothing after it.
  virtual Position position() const = 0;
};

/// An engine's snapshot: what was applied up to one group. Thread-safe for concurrent reads.
/// Holding one keeps old versions alive; it must not outlive its Store.
class Snapshot : public Reader {
 public:
  /// The last group seen. Groups without entries share a position and differ here.
  virtual std::uint64_t sequence() const = 0;
};

/// One change of a group.
struct Change {
  enum class Kind : std::uint8_t { Put, Erase };
  Kind kind;
  Space space;
  std::string key;
  std::string value;  ///< empty for Erase
};

/// One log entry with the position the sequencer gave it. `bytes` is the oplog entry (BSON).
struct LogRecord {
  Position position;
  std::string bytes;
};

/// Shared because the engine's log, the flusher and the stream hub hold the same immutable bytes.
using LogRecordPtr = std::shared_ptr<const LogRecord>;

/// What one apply() makes true at once. `position` is the last entry's, or the one of the group
/// before when it carries no entries. Positions grow from group to group and within one. `sequence`
/// numbers the groups of a store's life: the first is 1, each next one more. Of two changes to one
/// key the later in `changes` counts.
struct CommitGroup {
  std::vector<Change> changes;
  std::vector<LogRecordPtr> log;
  Position position;
  std::uint64_t sequence = 0;
};

enum class [[nodiscard]] ApplyOutcome : std::uint8_t{
    Applied,     ///< seen by every snapshot taken from now on; survives the death of the process
    NotPrimary,  ///< nothing applied: somebody else writes now
    Unknown,     ///< the connection was lost in commit: applied or not, nobody knows
    Failed,   ///< nothing applied, and the engine must not be written again (disk gone, failed log
              ///< write)
    NoSpace,  ///< nothing applied; may work again when there is space
};

enum class [[nodiscard]] SyncOutcome : std::uint8_t{Durable, Failed};

/// What an engine can do; constant for its life.
struct Traits {
  std::string name;          ///< "rocksdb", "memory", …
  bool reads_block = false;  ///< reads wait for a network or a disk: run commands on workers
  bool durable = true;       ///< false: nothing survives the process
  std::size_t snapshots_max = 1024;  ///< snapshots that may be open at once
  std::size_t key_bytes_max = 1024;  ///< longest key of a space
};

/// Reads the log in order. Not thread-safe.
class LogCursor {
 public:
  virtual ~LogCursor() = default;
  /// The next record, or nothing at the end of what was applied when next() is called (later calls
  /// may find more). The bytes are the caller's.
  virtual std::optional<LogRecord> next() = 0;
};

class LogRun;

/// An engine. Thread-safe, except that apply() is called by one thread at a time, and sync() by one
/// thread at a time (both may run at once). What a store holds when it is opened is durable.
class Store {
 public:
  virtual ~Store() = default;

  /// Everything applied so far. Cheap. Shared because one snapshot serves many readers. Throws
  /// Error (SnapshotUnavailable) when snapshots_max are open.
  virtual std::shared_ptr<const Snapshot> snapshot() = 0;

  /// All of `group` becomes true at once, or nothing. Never syncs; returns when later snapshots see
  /// it and a death of the process cannot take it back.
  virtual ApplyOutcome apply(const CommitGroup& group) = 0;

  /// Makes all that was applied before the call durable against power loss.
  virtual SyncOutcome sync() = 0;

  /// Entries with position > `after`, oldest first.
  virtual std::unique_ptr<LogCursor> read_log(Position after) const = 0;
  /// The same at once: those up to `up_to`, until the next would make them more than `bytes_max`; the
  /// first whatever its size. Requires: `up_to` is applied.
  virtual LogRun read_log_run(Position after, Position up_to, std::size_t bytes_max) const;
  /// Entries with position < `before`, newest first.
  virtual std::unique_ptr<LogCursor> read_log_backward(Position before) const = 0;

  /// The last applied position, also after a restart; Position{} when the log never had an entry.
  virtual Position last_position() const = 0;
  /// The last applied group's sequence, also after a restart; 0 when nothing was ever applied.
  virtual std::uint64_t last_sequence() const = 0;
  /// Position of the oldest entry still there; nothing when the log is empty.
  virtual std::optional<Position> first_log_position() const = 0;

  /// Forgets a range of a space; runs in the background where the engine can. Not atomic with
  /// anything; snapshots taken before may see any part of the range.
  virtual void drop_range(Space space, const KeyRange& range) = 0;
  /// Gives the space of what was overwritten, erased or dropped back to the disk, as far as the
  /// engine does that at all. May take long; reads and writes go on.
  virtual void compact(Space space) = 0;
  /// Drops log entries with position < `before`.
  virtual void truncate_log_before(Position before) = 0;

  /// Bytes held on disk (or in memory) by the log, and by everything.
  virtual std::uint64_t log_bytes() const = 0;
  virtual std::uint64_t total_bytes() const = 0;
  /// Approximate bytes of one range of a space.
  virtual std::uint64_t approximate_bytes(Space space, const KeyRange& range) const = 0;

  /// A consistent copy into `directory`, which must not exist. Throws Error (OperationFailed) when
  /// that cannot be.
  virtual void backup(const std::string& directory) = 0;

  virtual const Traits& traits() const = 0;
};

}  // namespace freshet::storage
