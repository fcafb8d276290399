// SPDX-License-Identifier: Apache-2.0
// What text search makes of single characters: case, diacritics, and where words end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace freshet::query {

/// Unicode's simple case folding; with `dotless_i` the pairs of Turkish.
std::string fold_case(std::string_view text, bool dotless_i);

/// Without the marks that Unicode calls diacritics, composed and decomposed characters alike.
std::string without_diacritics(std::string_view text);

/// The character that begins at `text[at]`, which is moved behind it. Negative where the bytes are
/// no UTF-8.
std::int32_t next_character(std::string_view text, std::size_t& at);

/// Ends words: Dash, Hyphen, Pattern_Syntax, Quotation_Mark, Terminal_Punctuation, White_Space.
bool is_word_end(std::int32_t character);
bool is_white_space(std::int32_t character);

}  // namespace freshet::query
