// SPDX-License-Identifier: Apache-2.0
// Sortable keys: byte strings whose memcmp order is compare()'s order. Used by indexes and by
// sorts. The grammar of each byte stands in docs/formats/keys.md and at the top of key.cpp. Never
// change it in place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bson/compare.h"
#include "bson/view.h"

namespace freshet::bson {

/// Appends `value` ascending, or with every byte inverted when `descending`. Self-delimiting: keys
/// of several values concatenate. Equal numbers of different types give equal bytes. Missing is
/// written as null. Nothing is truncated.
void append_key(std::string& out, ValueView value, bool descending = false,
                const StringOrder* order = nullptr);

/// Length in bytes of the encoded value that begins at `key`; for splitting concatenated keys.
std::size_t key_length(std::string_view key, bool descending = false);

/// Bytes that sort above every key beginning with `prefix`; empty means there is no upper end.
std::string prefix_end(std::string_view prefix);

}  // namespace freshet::bson
