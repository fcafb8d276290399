// SPDX-License-Identifier: Apache-2.0
// The `lsid` of a command: which logical session it belongs to.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bson/builder.h"
#include "bson/view.h"
#include "model/uuid.h"

namespace freshet::model {

/// A client's UUID and the SHA-256 digest of the user it belongs to (32 bytes). Regular, ordered.
struct SessionId {
  Uuid id;
  std::string uid;  ///< empty: no user's

  /// Reads `{id: UUID, uid?: BinData}`. Throws TypeMismatch (14), InvalidUUID (207), Location40414
  /// without id, Location40415 on an unknown field.
  static SessionId parse(bson::View lsid);
  /// As parse(), of a value that must be a document. `field` names it in the error.
  static SessionId parse(bson::ValueView lsid, std::string_view field = "lsid");

  /// The user's digest as it is shown and stored: 32 bytes, also when it is no user's.
  std::string_view digest() const;
  /// Appends `{id: …, uid: …}` as the oplog and replies show it.
  void append_to(bson::Builder& out, std::string_view name) const;

  auto operator<=>(const SessionId&) const = default;
};

}  // namespace freshet::model

template <>
struct std::hash<freshet::model::SessionId> {
  std::size_t operator()(const freshet::model::SessionId& session) const noexcept {
    return std::hash<freshet::model::Uuid>{}(session.id) ^ std::hash<std::string>{}(session.uid);
  }
};
