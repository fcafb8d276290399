// SPDX-License-Identifier: Apache-2.0
// The languages that text can be searched in.
#pragma once

#include <string_view>

namespace freshet::query {

/// A row of a constant table; the same language is the same address.
struct TextLanguage {
  std::string_view name;
  std::string_view code;   ///< ISO 639-1; empty: none
  const char* stemmer;     ///< the algorithm of Snowball; null: words stay as they are
  bool keeps_apostrophes;  ///< "it's" is one word
  bool has_dotless_i;      ///< I and ı, İ and i are pairs
};

inline constexpr std::string_view kDefaultTextLanguage = "english";

/// By name or code, whatever the case of its letters; null when there is none.
const TextLanguage* find_text_language(std::string_view name);

}  // namespace freshet::query
