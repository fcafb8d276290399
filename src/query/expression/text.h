// SPDX-License-Identifier: Apache-2.0
// Values as text: what string operators make of their operands, numbers and dates written out.
#pragma once

#include <string>
#include <string_view>

#include "bson/view.h"

namespace freshet::query {

/// What $toLower, $substr, $strcasecmp … make of an operand: null is "", numbers, dates,
/// timestamps, code and symbols are written out; everything else is Location16007.
std::string coerce_to_string(bson::ValueView value);
/// "2.5", "1e+300", "NaN", "Infinity".
std::string double_text(double value);
/// "2020-07-01T12:00:05.006Z".
std::string date_text(std::int64_t ms);

/// Bytes of the UTF-8 sequence that `lead` begins; 1 for what cannot begin one.
std::size_t utf8_length(char lead);
constexpr bool is_utf8_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}
/// Number of code points.
std::size_t count_code_points(std::string_view text);

}  // namespace freshet::query
