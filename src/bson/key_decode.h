// SPDX-License-Identifier: Apache-2.0
// From a key back to the value, as far as the key tells it. Equal numbers of different types have
// one key, so the reader is told which type it was; documents, arrays and code are not told at all.
#pragma once

#include <string_view>

#include "bson/type.h"
#include "bson/value.h"

namespace freshet::bson {

/// What the value at the front of `key` was, which is taken away from there. `number`: Int32, Int64
/// or Double, the type it had if it was a number. Missing when the key does not tell: documents,
/// arrays, DBPointers, code, numbers that no value of that type has. Null for a missing value,
/// String for a symbol, 0.0 for -0.0. Requires: a key without collation.
Value take_value(std::string_view& key, bool descending, Type number);

}  // namespace freshet::bson
