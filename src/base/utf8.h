// SPDX-License-Identifier: Apache-2.0
// Whether text is UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace freshet {

/// Bytes of the first character of `text`, 1 to 4; 0 when it is empty or does not begin with a
/// well-formed one (overlong forms, surrogates and values above U+10FFFF are not).
std::size_t utf8_sequence_size(std::string_view text);

/// Where `text` stops being UTF-8; text.size() when it is.
std::size_t utf8_valid_prefix(std::string_view text);
inline bool is_utf8(std::string_view text) {
  return utf8_valid_prefix(text) == text.size();
}

/// `text` with U+FFFD for each byte that is not part of a well-formed character: what may be shown
/// to somebody else.
std::string utf8_replaced(std::string text);

}  // namespace freshet
