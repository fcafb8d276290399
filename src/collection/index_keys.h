// SPDX-License-Identifier: Apache-2.0
// Which keys a document has in an index, and how keys are bounded. The stored bytes are described
// in docs/formats/index-keys.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"
#include "collection/key_values.h"

namespace freshet::collection {

/// Keys longer than this are stored as their first kKeyPrefixBytes and a 128-bit hash of the whole:
/// every stored key above kKeyPrefixBytes is such a one.
inline constexpr std::size_t kKeyPrefixBytes = 992;
inline constexpr std::size_t kKeyHashBytes = 16;

/// The keys one document has in one index: sorted, without duplicates, bounded.
struct IndexKeys {
  std::vector<std::string> keys;
  std::string types;  ///< what the keys do not tell, the same for all of them: entry_types.h
  ArrayParts arrays;  ///< of the document, on the paths of the index
  std::vector<std::string> array_paths;  ///< wildcard indexes: the paths that hold an array
  bool cut = false;                      ///< some key was too long
};

/// Throws what for_each_combination() throws, Location16766 (hashed index of an array). Gives
/// nothing when the document is outside a sparse or partial index.
IndexKeys index_keys(const catalog::IndexDefinition& index, bson::View document);

/// Which component of a 2d or 2dsphere index the cells are. Requires: it is one.
std::size_t place_component(const catalog::IndexDefinition& index);
/// Which component of a text index the terms are: keys end with them. Requires: it is one.
std::size_t text_component(const catalog::IndexDefinition& index);

/// Appends one value as component `part` of a key: direction, collation, hashing as the index has
/// it. For bounds of plans; Missing is null.
void append_index_value(std::string& out, const catalog::IndexDefinition& index, std::size_t part,
                        bson::ValueView value);

/// The stored form of a whole encoded key (without record id): itself, or prefix and hash.
std::string bounded_key(std::string encoded);
/// A stored key whose order beyond kKeyPrefixBytes is not the values' order: re-check the document.
inline bool is_cut_key(std::string_view stored) {
  return stored.size() > kKeyPrefixBytes;
}

/// Stored bounds for encoded ones: every stored key of begin <= key < end lies in the result (which
/// may hold a few more, all of them long: see is_cut_key). An empty end stays open.
std::string bounded_begin(std::string encoded);
std::string bounded_end(std::string encoded);

/// The key as a document of field names and values, as duplicate key errors show it.
std::string key_value_document(const catalog::IndexDefinition& index, bson::View document,
                               std::string_view key);

}  // namespace freshet::collection
