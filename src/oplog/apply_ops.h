// SPDX-License-Identifier: Apache-2.0
// A multi-document transaction in the log: one applyOps entry, or a chain of them, in one commit.
// Each byte is described in docs/formats/oplog-entry.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bson/view.h"
#include "oplog/entry.h"

namespace freshet::oplog {

/// An applyOps with several operations stays below this; a single operation may be larger by its
/// envelope.
inline constexpr std::size_t kApplyOpsBytesMax = std::size_t{16} << 20;

/// The entries of a transaction whose statements appended `operations` (entries as make_insert() &
/// co. give them, without session). `context` has its session and number. `operations` must not be
/// empty.
std::vector<commit::PendingEntry> make_apply_ops(const EntryContext& context,
                                                 std::vector<commit::PendingEntry> operations,
                                                 std::size_t bytes_max = kApplyOpsBytesMax);

/// True for the entries that make_apply_ops() gives.
bool is_apply_ops(const EntryView& entry);
/// Requires: is_apply_ops(). False while the transaction goes on in the next entry.
bool ends_transaction(const EntryView& entry);

/// What an entry stands for: itself, or the operations of an applyOps in order. Borrows the entry's
/// bytes.
class OperationReader {
 public:
  explicit OperationReader(const EntryView& entry);

  /// The next operation, with the time, term, wall clock and session of its entry.
  std::optional<EntryView> next();

 private:
  EntryView entry_;
  bool is_whole_;  // the entry is its own and only operation
  bool done_ = false;
  bson::View::Iterator at_;
  bson::View::Iterator end_;
};

/// The namespaces ("db.coll") that a transaction of several entries touched, which its last entry
/// names; empty for others.
std::vector<std::string_view> touched_namespaces(const EntryView& entry);

}  // namespace freshet::oplog
