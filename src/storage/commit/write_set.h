// SPDX-License-Identifier: Apache-2.0
// What a transaction has written and not committed: changes by space in key order, entries in order
// of appending, and how to take the newest of them back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/commit/transaction.h"
#include "storage/store.h"

namespace freshet::commit {

/// The newest write to one key: a value, or nothing for an erased key.
struct Write {
  std::optional<std::string> value;
};

/// Writes of one space. Transparent, so that views find their key.
using SpaceWrites = std::map<std::string, Write, std::less<>>;

struct SpaceOrder {
  bool operator()(const Space& a, const Space& b) const {
    return a.kind != b.kind ? a.kind < b.kind : a.id < b.id;
  }
};

/// Not thread-safe.
class WriteSet {
 public:
  void put(Space space, std::string key, std::optional<std::string> value);
  void append(PendingEntry entry);

  /// Null when the key was not written.
  const Write* find(Space space, std::string_view key) const;
  /// The writes of a space; null when it has none. Stays good until the set is taken.
  const SpaceWrites* writes_of(Space space) const;
  /// Changes with every write and rollback, so that scans know when their place is stale.
  std::uint64_t generation() const { return generation_; }

  bool empty() const { return changes_ == 0 && entries_.empty(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t entries() const { return entries_.size(); }
  std::size_t entry_bytes() const { return entry_bytes_; }

  /// From now on writes remember what they replaced.
  Transaction::Savepoint savepoint();
  void rollback_to(const Transaction::Savepoint& savepoint);
  void forget_savepoints();

  /// Moves everything out, in order of space and key.
  std::vector<storage::Change> take_changes();
  std::vector<PendingEntry> take_entries();

 private:
  struct Undo {
    SpaceWrites* writes;
    SpaceWrites::iterator at;
    bool was_there;
    Write before;
  };

  std::map<Space, SpaceWrites, SpaceOrder> spaces_;
  std::vector<PendingEntry> entries_;
  std::vector<Undo> undo_;
  bool keep_undo_ = false;
  std::size_t changes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t entry_bytes_ = 0;  // part of bytes_
  std::uint64_t generation_ = 0;
};

}  // namespace freshet::commit
