// SPDX-License-Identifier: Apache-2.0
// The kinds of indexes there are: what a key pattern says of them, and what they do not go with. A
// further kind is a row in the table of index_kind.cpp, a file with its checks, and a row each in
// collection/key_makers.cpp and pipeline/plan/access_kinds.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::catalog {

/// An index specification, its fields checked for their types. Borrows the specification.
struct ParsedIndexSpec {
  bson::View key;
  std::vector<IndexPart> parts;
  std::int32_t version = 2;
  bool unique = false;
  bool sparse = false;
  bool hidden = false;
  bool expires = false;
  bool prepare_unique = false;
  bson::ValueView partial_filter;
  bson::ValueView wildcard_projection;
  /// Options that only some kinds have: see IndexKindRow::options.
  std::vector<bson::Element> kind_options;
  const query::Collation* collation = nullptr;  ///< null: simple

  /// Missing when it is not given.
  bson::ValueView kind_option(std::string_view name) const;
};

struct IndexKindRow {
  IndexKind kind;
  std::string_view
      plugin;            ///< the text in a key pattern that makes an index one; empty: another way
  IndexPart::Kind part;  ///< what a component of that text is
  /// Throws when the kind does not go with the rest of the specification.
  void (*check)(const ParsedIndexSpec& spec);
  /// Options that indexes of this kind have besides the common ones.
  std::span<const std::string_view> options;
  /// The key pattern as it is kept; null: as it was sent.
  std::string (*normal_key)(const ParsedIndexSpec& spec) = nullptr;
  /// Appends the options of this kind with their defaults; null: there are none.
  void (*add_options)(const ParsedIndexSpec& spec, bson::Builder& out) = nullptr;
};

/// Whether some kind of index has an option of this name for itself.
bool is_kind_option(std::string_view name);
/// The row of a plugin's name; null when there is none.
const IndexKindRow* find_index_plugin(std::string_view plugin);
const IndexKindRow& row_of(IndexKind kind);
/// What kind an index with these components is.
IndexKind kind_of(const std::vector<IndexPart>& parts);

// Checks of the kinds, one file each.
void check_ordered_index(const ParsedIndexSpec& spec);
void check_hashed_index(const ParsedIndexSpec& spec);
void check_wildcard_index(const ParsedIndexSpec& spec);
void check_text_index(const ParsedIndexSpec& spec);
void check_sphere_index(const ParsedIndexSpec& spec);
void check_flat_index(const ParsedIndexSpec& spec);

// sphere_index.cpp
void add_sphere_options(const ParsedIndexSpec& spec, bson::Builder& out);

// flat_index.cpp
void add_flat_options(const ParsedIndexSpec& spec, bson::Builder& out);
/// The grid that `bits`, `min` and `max` of a checked specification ask for.
query::FlatGrid flat_grid(bson::View spec);

// text_index.cpp
std::string normal_text_key(const ParsedIndexSpec& spec);
void add_text_options(const ParsedIndexSpec& spec, bson::Builder& out);

/// Throws CannotCreateIndex (67).
[[noreturn]] void cannot_create_index(const std::string& why);

/// Throws CannotCreateIndex (67) for unique, prepareUnique and expireAfterSeconds; `name` is the
/// kind's.
void refuse_unique_and_expiring(const ParsedIndexSpec& spec, std::string_view name);

/// "$**" or "….$**".
bool is_wildcard_path(std::string_view path);

}  // namespace freshet::catalog
