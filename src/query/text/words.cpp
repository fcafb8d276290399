// SPDX-License-Identifier: Apache-2.0
#include "query/text/words.h"

#include <libstemmer.h>

#include <utility>

#include "base/invariant.h"
#include "query/text/letters.h"
#include "query/text/stop_words.h"

namespace freshet::query {
namespace {

/// Longer words are not words of a language; they are indexed as they stand.
constexpr std::size_t kStemmedBytesMax = 256;

}  // namespace

std::string TextFolding::fold(std::string_view text, const TextLanguage& language) const {
  std::string out = case_sensitive ? std::string(text) : fold_case(text, language.has_dotless_i);
  return diacritic_sensitive ? out : without_diacritics(out);
}

bool WordSplitter::ends_word(std::int32_t character) const {
  if (character == '\'' && language_.keeps_apostrophes) return false;
  return is_word_end(character);
}

std::optional<std::string_view> WordSplitter::next() {
  std::size_t begin = at_;
  while (at_ < text_.size()) {
    const std::size_t character_at = at_;
    if (!ends_word(next_character(text_, at_))) continue;
    if (character_at > begin) return text_.substr(begin, character_at - begin);
    begin = at_;
  }
  if (begin == text_.size()) return std::nullopt;
  return text_.substr(begin);
}

void TermMaker::StemmerDeleter::operator()(sb_stemmer* stemmer) const {
  sb_stemmer_delete(stemmer);
}

TermMaker::TermMaker(const TextLanguage& language, TextFolding folding)
    : language_(language), folding_(folding) {
  if (language.stemmer == nullptr) return;
  stemmer_.reset(sb_stemmer_new(language.stemmer, "UTF_8"));
  invariant(stemmer_ != nullptr, "Snowball has the languages of the table");
}

TermMaker::~TermMaker() = default;
TermMaker::TermMaker(TermMaker&&) noexcept = default;

std::optional<std::string> TermMaker::term(std::string_view word) {
  std::string folded = fold_case(word, language_.has_dotless_i);
  if (is_stop_word(language_.name, folded)) return std::nullopt;
  std::string stemmed = stem(folding_.case_sensitive ? std::string(word) : std::move(folded));
  return folding_.diacritic_sensitive ? stemmed : without_diacritics(stemmed);
}

std::string TermMaker::stem(std::string word) const {
  if (stemmer_ == nullptr || word.size() > kStemmedBytesMax) return word;
  const auto* bytes = reinterpret_cast<const sb_symbol*>(word.data());
  const sb_symbol* out = sb_stemmer_stem(stemmer_.get(), bytes, static_cast<int>(word.size()));
  if (out == nullptr) throw std::bad_alloc();
  const auto length = static_cast<std::size_t>(sb_stemmer_length(stemmer_.get()));
  return {reinterpret_cast<const char*>(out), length};
}

}  // namespace freshet::query
