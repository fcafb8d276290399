// SPDX-License-Identifier: Apache-2.0
// The changes an oplog entry holds: one for most, several for a transaction's applyOps.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "oplog/apply_ops.h"
#include "oplog/entry.h"
#include "stream/scope.h"

namespace freshet::stream {

/// What happened; each gives one kind of event. Used as bit numbers.
enum class ChangeKind : std::uint8_t {
  Insert,
  Update,
  Replace,
  Delete,
  Drop,
  Rename,
  DropDatabase,
  Create,
  CreateIndexes,
  DropIndexes,
  Modify,
  EndOfTransaction,  ///< once for each namespace that the transaction touched, at one index
};
inline constexpr std::uint32_t kChangeKinds = 12;

constexpr std::uint32_t bit_of(ChangeKind kind) {
  return 1U << static_cast<std::uint32_t>(kind);
}
inline constexpr std::uint32_t kAllKinds = (1U << kChangeKinds) - 1;

inline constexpr std::uint32_t kDocumentKinds =
    bit_of(ChangeKind::Insert) | bit_of(ChangeKind::Update) | bit_of(ChangeKind::Replace) |
    bit_of(ChangeKind::Delete);

/// A change of one document, rather than of a collection or a database.
constexpr bool is_document_change(ChangeKind kind) {
  return (kDocumentKinds & bit_of(kind)) != 0;
}

/// `operationType` as clients see it.
std::string_view operation_type(ChangeKind kind);
/// The kind of that operationType; nothing for other names, "invalidate" among them.
std::optional<ChangeKind> kind_of(std::string_view operation_type);
/// True when only streams with showExpandedEvents show it.
bool needs_expanded_events(ChangeKind kind);

/// One change. Borrows the entry's bytes.
struct Change {
  ChangeKind kind = ChangeKind::Insert;
  std::uint32_t index = 0;  ///< its place in the entry, and in the resume token
  bool in_transaction = false;
  std::string_view db;
  std::string_view coll;     ///< empty for DropDatabase
  std::string_view to_db;    ///< Rename
  std::string_view to_coll;  ///< Rename
  oplog::EntryView op;       ///< the entry, or the operation inside applyOps with its time and wall

  /// DDL on a view: views have no UUID.
  bool is_view() const {
    return op.kind == oplog::OpKind::Command && op.ui.missing() &&
           kind != ChangeKind::DropDatabase && kind != ChangeKind::EndOfTransaction;
  }
};

/// Walks the changes of one entry in order. Borrows the entry's bytes.
class ChangeReader {
 public:
  explicit ChangeReader(const oplog::EntryView& entry);
  /// The next change, or nothing. Operations that give no event are passed over, but counted.
  std::optional<Change> next();

 private:
  void note_namespace(const Change& change);
  std::optional<Change> next_end();

  oplog::EntryView entry_;
  oplog::OperationReader operations_;
  const bool in_transaction_;
  std::uint32_t index_ = 0;
  // What an endOfTransaction concerns: filled on the way, or told by the last entry of a chain.
  std::vector<std::string_view> touched_;
  std::size_t next_touched_ = 0;
};

/// Does the change give an event in a stream of this scope and these options?
bool shows(const Scope& scope, bool expanded, const Change& change);
/// Does the change, which the stream shows, end it?
bool invalidates(const Scope& scope, const Change& change);

}  // namespace freshet::stream
