// SPDX-License-Identifier: Apache-2.0
// Words too frequent to search for.
#pragma once

#include <string_view>

namespace freshet::query {

/// Whether `word`, in lower case, is left out of text indexes in `language` (as TextLanguage names
/// it).
bool is_stop_word(std::string_view language, std::string_view word);

}  // namespace freshet::query
