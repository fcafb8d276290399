// SPDX-License-Identifier: Apache-2.0
// The entries of wildcard indexes: where a component of an ordinary index has a value, they have a
// path and its value.
#pragma once

#include <string>
#include <string_view>

#include "catalog/definitions.h"
#include "storage/store.h"

namespace freshet::collection {

/// Longer paths are not noted one by one as holding arrays.
inline constexpr std::size_t kNotedPathBytesMax = 900;

/// The key in the index's space that says that `path` holds an array in some document; for longer
/// paths, that some long path does. Below every entry.
std::string array_note_key(std::string_view path);
/// Whether a key of the space is such a note.
bool is_array_note(std::string_view key);
/// Entries of a wildcard index begin at or above this.
std::string first_wildcard_entry();

/// Where arrays stand on `path` in documents that `reader` sees: as IndexShape::arrays.
std::uint32_t wildcard_arrays(const storage::Reader& reader, const catalog::IndexDefinition& index,
                              std::string_view path);

}  // namespace freshet::collection
