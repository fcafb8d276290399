// SPDX-License-Identifier: Apache-2.0
// The oplog entry: reading one, and building one straight from its pieces. Each byte is described
// in docs/formats/oplog-entry.md. Field order: ts t v op ns ui o o2 wall lsid txnNumber stmtId pre
// bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bson/view.h"
#include "model/cluster_time.h"
#include "model/namespace.h"
#include "model/session_id.h"
#include "model/uuid.h"
#include "storage/commit/transaction.h"

namespace freshet::oplog {

/// The namespace under which clients read the log.
inline constexpr std::string_view kDatabase = "local";
inline constexpr std::string_view kCollection = "oplog.rs";
inline constexpr std::string_view kNamespace = "local.oplog.rs";

enum class OpKind : std::uint8_t { Insert, Update, Delete, Command, Noop };

/// One entry, taken apart in a single walk. Borrows the entry's bytes.
struct EntryView {
  bson::View document;      ///< the whole entry
  model::ClusterTime time;  ///< `ts`
  std::int64_t term = 0;    ///< `t`
  OpKind kind = OpKind::Noop;
  std::string_view ns;       ///< "db.coll"; "db.$cmd" for commands
  bson::ValueView ui;        ///< UUID of the collection; Missing for noops, views, dropDatabase
  bson::View o;              ///< the document, the delta, the key or the command
  bson::ValueView o2;        ///< update: documentKey; commands: what is needed to describe them
  std::int64_t wall_ms = 0;  ///< `wall`
  bson::ValueView lsid;      ///< document, of retryable writes and transactions
  std::int64_t txn_number = -1;
  std::int32_t stmt_id = -1;
  bson::ValueView pre;     ///< pre-image, while the collection keeps images
  std::int32_t bytes = 0;  ///< by how much the collection's data size changed (updates, deletes)

  /// Requires: `entry` is a well-formed entry (it came out of the log).
  static EntryView parse(bson::View entry);
  static EntryView parse(std::string_view bytes) { return parse(bson::View(bytes)); }

  std::optional<model::Uuid> uuid() const { return model::Uuid::from(ui); }
  std::string_view db() const { return ns.substr(0, ns.find('.')); }
  std::string_view coll() const { return ns.substr(ns.find('.') + 1); }
  /// The `_id` of the document that was inserted, updated or deleted.
  bson::Element document_id() const;
  /// Update: `o` is a whole document rather than a delta.
  bool is_replacement() const;
  /// Update by delta: the inner diff ({d, u, i, s…}). Requires: !is_replacement().
  bson::View diff() const { return o["diff"].as_document(); }
  /// Commands: the name, which is the first field of `o` ("create", "drop", …).
  std::string_view command_name() const;
};

/// What the entries of one statement share.
struct EntryContext {
  std::int64_t term = 1;
  std::int64_t wall_ms = 0;
  const model::SessionId* lsid = nullptr;  ///< borrowed; null outside retryable writes
  std::int64_t txn_number = -1;
  std::int32_t stmt_id = -1;
};

/// The collection an entry is about.
struct EntryTarget {
  std::string_view ns;  ///< "db.coll"
  model::Uuid uuid;
};

commit::PendingEntry make_insert(const EntryContext& context, const EntryTarget& target,
                                 bson::View document);
/// `o` is UpdateOutcome::log_object; `id` is the document's `_id`; `pre_image` may be null.
commit::PendingEntry make_update(const EntryContext& context, const EntryTarget& target,
                                 bson::View o, bson::ValueView id, std::int32_t bytes_delta,
                                 const bson::View* pre_image);
commit::PendingEntry make_delete(const EntryContext& context, const EntryTarget& target,
                                 bson::ValueView id, std::int32_t bytes_delta,
                                 const bson::View* pre_image);
/// A command on a database: ns is "db.$cmd". `uuid` and `o2` may be absent.
commit::PendingEntry make_command(const EntryContext& context, std::string_view db,
                                  const std::optional<model::Uuid>& uuid, bson::View o,
                                  const bson::View* o2 = nullptr);
/// An entry that says something and changes nothing: {msg: …}.
commit::PendingEntry make_noop(const EntryContext& context, bson::View o);

/// The `ns` of an entry without walking it. Requires: bytes of a whole entry.
std::string_view entry_ns(std::string_view entry_bytes);
/// The `op` of an entry without walking it.
OpKind entry_kind(std::string_view entry_bytes);

}  // namespace freshet::oplog
