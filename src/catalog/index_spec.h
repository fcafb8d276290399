// SPDX-License-Identifier: Apache-2.0
// What createIndexes asks for: parsing, defaults, and when two specifications are the same index.
#pragma once

#include <string>
#include <string_view>

#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::catalog {

/// A checked index specification.
struct IndexSpec {
  std::string name;
  std::string key;   ///< key pattern, BSON
  std::string spec;  ///< normalised: {v: 2, key, name, …}, as listIndexes shows it
};

/// Checks one element of createIndexes.indexes. Throws with MongoDB's codes: FailedToParse (9),
/// TypeMismatch (14), CannotCreateIndex (67), InvalidIndexSpecificationOption (197), …
/// `collection_collation` is the collection's default, inherited when the spec has none.
IndexSpec parse_index_spec(bson::View spec, const query::Collation* collection_collation);

/// "a_1_b_-1": what an index is called when nobody names it.
std::string generated_index_name(bson::View key_pattern);

/// The definition with compiled parts. Requires: `spec` came from parse_index_spec().
IndexDefinition make_index(std::uint64_t id, const std::string& spec);

/// How a wanted index relates to one that is there.
enum class IndexRelation { Different, Same, NameTaken, OptionsDiffer };
IndexRelation relate(const IndexDefinition& existing, const IndexDefinition& wanted);

}  // namespace freshet::catalog
