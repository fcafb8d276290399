// SPDX-License-Identifier: Apache-2.0
// A transaction: a write set in memory over one snapshot. Keys are held from put to apply; nothing
// is held across a sync. Outcomes that callers expect (a held key, a changed key) are values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/wait.h"
#include "storage/commit/key_mark.h"
#include "storage/store.h"

namespace freshet::commit {

using storage::Position;
using storage::Space;

struct TransactionState;

/// Which moment a read sees.
enum class ReadPoint : std::uint8_t {
  Latest,   ///< everything applied
  Visible,  ///< everything durable and published: majority reads, lookups of streams
};

/// What putting or erasing a key came to.
enum class [[nodiscard]] HoldOutcome : std::uint8_t{
    Held,      ///< the key is ours until commit or abort
    Conflict,  ///< another open transaction holds it: wait_for() tells how to wait, or give up with
               ///< WriteConflict
    Changed,   ///< committed by somebody since our snapshot: run again on a newer snapshot
};

/// An oplog entry before it has a position. `bytes` is BSON whose first element is `ts` (a
/// Timestamp), which the sequencer overwrites in place (8 bytes at offset kTimestampOffset).
struct PendingEntry {
  static constexpr std::size_t kTimestampOffset = 8;  // int32 length, 0x11, "ts\0"
  std::string bytes;
  /// Where the entry names the position of the one before it in the transaction (8 bytes); 0: it
  /// does not, and the first one cannot.
  std::size_t previous_offset = 0;
};

/// That a collection still is what the writer took it for; the sequencer refuses the commit
/// otherwise.
struct CatalogDependency {
  std::uint64_t collection_id;
  std::uint64_t version;
};

/// Begun by CommitLayer::begin(), which must outlive it. Reads see own writes over the snapshot.
/// Not thread-safe. Destruction without commit releases every key. Writes past txn_bytes_max throw
/// Error (TransactionTooLarge).
///
/// A scan stays good while its transaction is written: writes ahead of it are seen, and its key()
/// and value() hold until the next call on it or the next write, whichever comes first.
class Transaction final : public storage::Reader {
 public:
  ~Transaction() override;
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  std::optional<std::string> get(Space space, std::string_view key) const override;
  std::vector<std::optional<std::string>> multi_get(
      Space space, const std::vector<std::string>& keys) const override;
  std::unique_ptr<storage::Scan> scan(Space space, const storage::KeyRange& range,
                                      storage::Direction direction) const override;
  /// The snapshot's position (own writes have none yet).
  Position position() const override;

  /// Takes the key and remembers the write. On Conflict or Changed nothing is remembered for this
  /// key.
  HoldOutcome put(Space space, std::string key, std::string value);
  HoldOutcome erase(Space space, std::string key);
  /// Before put() of a key of a space whose every put is announced here, with one `mark` for all:
  /// true when the key surely is not there, in the snapshot, in what came after it, or in what
  /// another transaction is about to commit. False says nothing. See NewKeys.
  bool surely_new(Space space, std::string_view key, KeyMark& mark);
  /// For keys nobody else can write (a record id just allocated): no table, no check. Whoever
  /// writes such a key later on an older snapshot is not told Changed.
  void put_unshared(Space space, std::string key, std::string value);
  /// Takes the key without writing it, so that what was read under it stays true until commit.
  HoldOutcome hold(Space space, std::string_view key);

  /// Appends one oplog entry; its place in the transaction is the order of calls.
  void append(PendingEntry entry);
  void depends_on(CatalogDependency dependency);

  /// After Conflict: subscribes `waker` to the release of the key that was in the way; wakes at
  /// once if it is free.
  void wait_for_conflict(WakerPtr waker);
  /// After Conflict: that key, for CommitLayer::wait_released() when this transaction is gone by
  /// then (work that parks must hold nothing).
  const std::string& conflict_key() const;

  /// Takes the entries appended so far, to be appended in another form.
  std::vector<PendingEntry> take_entries();

  bool empty() const;
  std::size_t bytes() const;        ///< size of the write set and its entries
  std::size_t entries() const;      ///< number of entries appended
  std::size_t entry_bytes() const;  ///< and their size

  /// A point inside the transaction to return to: one failed statement takes back its own writes
  /// and entries only. Keys taken since stay held.
  struct Savepoint {
    std::size_t undo_size;
    std::size_t entries_size;
  };
  Savepoint savepoint();
  void rollback_to(const Savepoint& savepoint);
  /// Lets go what returning to the savepoints so far needs. They are void.
  void forget_savepoints();

 private:
  friend class CommitLayer;
  explicit Transaction(std::unique_ptr<TransactionState> state);
  std::unique_ptr<TransactionState> state_;
};

}  // namespace freshet::commit
