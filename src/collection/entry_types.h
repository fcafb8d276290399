// SPDX-License-Identifier: Apache-2.0
// What the key of an index entry does not tell of the values it was made of: the types of numbers,
// whether a value was missing, whether it came out of an array. Stored as (part of) the entry's
// value, so that plans can do without the document; docs/formats/index-keys.md has the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bson/value.h"
#include "catalog/definitions.h"
#include "collection/key_values.h"

namespace freshet::collection {

/// What one component's value was besides its key. Stored: never renumber.
enum class ValueForm : std::uint8_t {
  Plain = 0,  ///< the key tells all; a number was an int32
  Int64 = 1,
  Double = 2,
  NegativeZero = 3,  ///< the double -0.0
  Missing = 4,       ///< the key says null
  Symbol = 5,        ///< the key says string
  FromArray = 6,     ///< an element of an array, not the whole value
  Opaque = 7,        ///< the key does not tell the value
};

/// The bytes for one document's entries in an index; empty when the keys tell all.
std::string entry_types(const catalog::IndexDefinition& index,
                        const std::vector<ComponentValue>& values);

/// Reads them. Borrows the bytes.
class EntryTypes {
 public:
  explicit EntryTypes(std::string_view bytes) : bytes_(bytes) {}
  ValueForm form(std::size_t component) const;
  /// The fields stand in the document in the order that they have in the index.
  bool in_order() const;
  /// No component came out of an array.
  bool without_arrays() const;

 private:
  std::string_view bytes_;
};

/// Takes the value of a component away from the front of `key`. Missing when the key does not tell
/// it, and for a missing value: see form().
bson::Value take_component(std::string_view& key, const catalog::IndexPart& part, ValueForm form);

}  // namespace freshet::collection
