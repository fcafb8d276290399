// SPDX-License-Identifier: Apache-2.0
// What createIndexes asks for: parsing, defaults, and when two specifications are the same index.
#pragma once

#include <string>
#include <string_view>

#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::catalog {

/// Checks one element of createIndexes.indexes and gives its normal form {v, key, name, …}, as
/// listIndexes shows it. Throws with MongoDB's codes: FailedToParse (9), TypeMismatch (14),
/// CannotCreateIndex (67), InvalidIndexSpecificationOption (197), … `collection_collation` is the
/// collection's default, inherited when the spec has none.
std::string parse_index_spec(bson::View spec, const query::Collation* collection_collation);

/// "a_1_b_-1": what an index is called when nobody names it.
std::string generated_index_name(bson::View key_pattern);

/// The normal form of the index every collection has.
std::string id_index_spec(const query::Collation* collection_collation);

/// The definition with compiled parts and a fresh runtime. Requires: `spec` is in normal form.
IndexDefinition make_index(std::uint64_t id, std::string spec);

/// How a wanted index relates to one that is there. Two indexes are equivalent when key pattern,
/// collation, partial filter, wildcard projection, unique and sparse are equal; equivalent ones
/// cannot coexist.
enum class IndexRelation : std::uint8_t {
  Different,        ///< both may exist
  Same,             ///< nothing to do
  NameConflict,     ///< another index has the name: IndexKeySpecsConflict (86)
  OptionsConflict,  ///< equivalent under another name or with other options (85)
};
IndexRelation relate(const IndexDefinition& existing, const IndexDefinition& wanted);

}  // namespace freshet::catalog
