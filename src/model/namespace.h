// SPDX-License-Identifier: Apache-2.0
// The name of a collection: database and collection part, with the rules both must keep.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace freshet::model {

inline constexpr std::size_t kDatabaseNameBytesMax = 63;
inline constexpr std::size_t kNamespaceBytesMax = 255;

/// Why `name` is no database name; nullptr when it is one. Static text.
const char* database_name_problem(std::string_view name);
/// Why `name` is no name for a user's collection; nullptr when it is one. Static text.
const char* collection_name_problem(std::string_view name);

/// A database and a collection in it. An empty `coll` names the database itself. Regular, ordered
/// by db, then coll.
struct Namespace {
  std::string db;
  std::string coll;

  /// Splits at the first dot; without a dot all of it is the database. Checks nothing.
  static Namespace parse(std::string_view full);
  /// The pseudo-collection `<db>.$cmd.<command>`: cursors over no collection (aggregate: 1,
  /// listCollections).
  static Namespace command_cursor(std::string_view db, std::string_view command);

  /// "db.coll", or "db" without a collection.
  std::string full() const;
  std::size_t full_size() const { return coll.empty() ? db.size() : db.size() + 1 + coll.size(); }

  /// Throws InvalidNamespace (73) unless both parts keep the rules and the whole fits
  /// kNamespaceBytesMax.
  void check() const;
  /// Throws InvalidNamespace (73) unless the database part keeps the rules.
  void check_database() const;

  /// system.* collections: not for users to write freely.
  bool is_system() const;
  /// One of the system.* names that a client may create or write; any other is InvalidNamespace.
  bool is_known_system() const;
  /// admin, local, config: left out of cluster-wide change streams.
  bool is_internal_database() const;
  /// `$cmd`, `$cmd.…`: no collection at all.
  bool is_command() const;

  auto operator<=>(const Namespace&) const = default;
};

bool is_internal_database(std::string_view db);

}  // namespace freshet::model

template <>
struct std::hash<freshet::model::Namespace> {
  std::size_t operator()(const freshet::model::Namespace& ns) const noexcept {
    const std::size_t h = std::hash<std::string>{}(ns.db);
    return h ^ (std::hash<std::string>{}(ns.coll) + 0x9E3779B97F4A7C15ULL + (h << 6) + (h >> 2));
  }
};
