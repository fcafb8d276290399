// SPDX-License-Identifier: Apache-2.0
// MongoDB's total order over values and documents.
#pragma once

#include <cstddef>
#include <string_view>

#include "bson/view.h"

namespace freshet::bson {

/// Orders strings for comparison under a collation. nullptr means binary order. Thread-safe
/// implementations only.
class StringOrder {
 public:
  virtual ~StringOrder() = default;
  virtual int compare(std::string_view a, std::string_view b) const = 0;
  /// Bytes whose memcmp order is compare()'s order.
  virtual std::string sort_key(std::string_view text) const = 0;
};

/// <0, 0, >0. Types by canonical_rank, numbers across types by exact value (NaN below all, equal to
/// itself), documents field by field (type, name, value), arrays by values. Missing sorts as its
/// own rank below null.
int compare(ValueView a, ValueView b, const StringOrder* order = nullptr);
int compare(View a, View b, const StringOrder* order = nullptr);
inline bool equal(ValueView a, ValueView b, const StringOrder* order = nullptr) {
  return compare(a, b, order) == 0;
}

/// Equal values have equal hashes (1, 1L, 1.0, Decimal 1.0 hash alike).
std::size_t hash(ValueView value, const StringOrder* order = nullptr);

/// Same type and same bytes; what "did the update change anything" means.
bool identical(ValueView a, ValueView b);

}  // namespace freshet::bson
