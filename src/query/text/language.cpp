// SPDX-License-Identifier: Apache-2.0
#include "query/text/language.h"

#include <algorithm>
#include <iterator>

namespace freshet::query {
namespace {

constexpr TextLanguage kLanguages[] = {
    {"none", "", nullptr, false, false},
    {"danish", "da", "danish", false, false},
    {"dutch", "nl", "dutch", false, false},
    {"english", "en", "english", true, false},
    {"finnish", "fi", "finnish", false, false},
    {"french", "fr", "french", false, false},
    {"german", "de", "german", false, false},
    {"hungarian", "hu", "hungarian", false, false},
    {"italian", "it", "italian", false, false},
    {"norwegian", "nb", "norwegian", false, false},
    {"portuguese", "pt", "portuguese", false, false},
    {"romanian", "ro", "romanian", false, false},
    {"russian", "ru", "russian", false, false},
    {"spanish", "es", "spanish", false, false},
    {"swedish", "sv", "swedish", false, false},
    {"turkish", "tr", "turkish", false, true},
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

const TextLanguage* find_text_language(std::string_view name) {
  const auto* found = std::find_if(
      std::begin(kLanguages), std::end(kLanguages), [name](const TextLanguage& language) {
        return same(language.name, name) || (!language.code.empty() && same(language.code, name));
      });
  return found == std::end(kLanguages) ? nullptr : found;
}

}  // namespace freshet::query
