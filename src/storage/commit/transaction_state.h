// SPDX-License-Identifier: Apache-2.0
// The inside of a Transaction, for transaction.cpp and the sequencer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/commit/key_table.h"
#include "storage/commit/new_keys.h"
#include "storage/commit/read_points.h"
#include "storage/commit/transaction.h"
#include "storage/commit/write_set.h"

namespace freshet::commit {

struct TransactionState {
  TransactionState(std::shared_ptr<const storage::Snapshot> at, KeyTable& table, NewKeys& lately,
                   const ReadPoints& points, std::uint64_t owner, std::size_t limit)
      : snapshot(std::move(at)),
        keys(table),
        new_keys(lately),
        read_points(points),
        id(owner),
        bytes_max(limit) {}
  ~TransactionState() { release(0); }
  TransactionState(const TransactionState&) = delete;
  TransactionState& operator=(const TransactionState&) = delete;

  HoldOutcome take(Space space, std::string_view key);
  void check_size() const;
  /// Gives every key back; see KeyTable::release().
  void release(std::uint64_t sequence) {
    keys.release(held, sequence);
    held.clear();
  }

  // Shared: other readers and transactions use the same snapshot.
  std::shared_ptr<const storage::Snapshot> snapshot;
  KeyTable& keys;
  NewKeys& new_keys;
  const ReadPoints& read_points;
  std::uint64_t id;
  std::size_t bytes_max;
  WriteSet writes;
  std::vector<KeyTable::Handle> held;
  std::string conflict;  // the key that was in the way last
  std::vector<CatalogDependency> dependencies;
};

}  // namespace freshet::commit
