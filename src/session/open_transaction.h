// SPDX-License-Identifier: Apache-2.0
// A multi-document transaction between its first statement and its end: one snapshot, and what was
// written and created over it. It holds memory, keys and a snapshot, and no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "collection/data.h"
#include "collection/write_unit.h"
#include "model/namespace.h"
#include "model/session_id.h"
#include "pipeline/fixed_view.h"

namespace freshet::session {

using storage::Position;

/// Used by one command at a time. Destruction without commit() takes everything back. Shared:
/// cursors opened inside keep what they read alive.
class OpenTransaction : public std::enable_shared_from_this<OpenTransaction> {
 public:
  /// Over `snapshot`, or over the latest moment when it is null. Requires: `data` outlives this.
  OpenTransaction(collection::Data& data, std::shared_ptr<const storage::Snapshot> snapshot);
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  /// Requires: not committed.
  collection::WriteUnit& unit() { return *unit_; }
  /// What reads inside see: the snapshot and the transaction's own writes.
  pipeline::FixedView view();
  Position snapshot_position() const { return snapshot_position_; }

  /// Bytes of the operations as the log will have them.
  std::size_t operation_bytes() const { return unit_->transaction().entry_bytes(); }
  /// Bytes of memory held for them.
  std::size_t memory_bytes() const { return unit_->transaction().bytes(); }

  /// Creates a collection that nobody else sees before the commit. Throws NamespaceExists (48) when
  /// the transaction sees one of that name, WriteConflict (112) when somebody else created it since
  /// or is about to, and what Ddl::define_collection() throws.
  catalog::CollectionPtr create_collection(const model::Namespace& ns, bson::View options);
  /// Adds indexes to a collection that this transaction created and has not written yet; gives its
  /// new definition. Throws OperationNotSupportedInTransaction (263) for any other.
  catalog::CollectionPtr create_indexes(const model::Namespace& ns,
                                        const std::vector<bson::View>& specs);

  /// A cursor was opened inside and lives on.
  void note_cursor(std::int64_t id) { cursors_.push_back(id); }
  const std::vector<std::int64_t>& cursors() const { return cursors_; }

  /// Makes everything true at once. Nothing was written: nothing is logged. Throws WriteConflict
  /// (112) when a collection was changed or created meanwhile. Ends the unit in every case.
  commit::CommitResult commit(const model::SessionId& session, std::int64_t number);
  /// Takes everything back; releases its keys.
  void abort() { unit_.reset(); }

 private:
  bool log_operations(const model::SessionId& session, std::int64_t number);
  bool created_here(const catalog::CollectionDefinition& collection) const;

  collection::Data& data_;
  std::optional<collection::WriteUnit> unit_;
  const Position snapshot_position_;
  std::vector<std::int64_t> cursors_;
};

using OpenTransactionPtr = std::shared_ptr<OpenTransaction>;

}  // namespace freshet::session
