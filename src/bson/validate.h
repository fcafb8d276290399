// SPDX-License-Identifier: Apache-2.0
// The gate for BSON from outside: sizes, terminators, type bytes, booleans, UTF-8 lengths, nesting
// depth. After it, View reads without checking.
#pragma once

#include <cstddef>
#include <string_view>

namespace freshet::bson {

struct ValidateOptions {
  int depth_max = 200;  ///< nested documents and arrays, MongoDB's limit for commands
  bool check_utf8 =
      false;  ///< MongoDB stores strings that are not UTF-8; only names of collections are refused
};

/// Why bytes are not a document; nullptr means they are.
struct ValidateResult {
  const char* problem = nullptr;  ///< static text, e.g. "string without terminator"
  std::size_t offset = 0;         ///< where, in bytes from the start
  bool too_deep =
      false;  ///< nesting limit (MongoDB's Overflow, 15) rather than malformed (InvalidBSON, 22)
  std::size_t size = 0;  ///< the document's own size when valid
  explicit operator bool() const { return problem == nullptr; }
};

/// Checks the document that begins at bytes[0]; there may be more bytes behind it (see `size`).
/// Never reads beyond `bytes`, never recurses.
[[nodiscard]] ValidateResult validate(std::string_view bytes, const ValidateOptions& options = {});

}  // namespace freshet::bson
