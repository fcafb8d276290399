// SPDX-License-Identifier: Apache-2.0
// From text to the terms that are indexed and searched for: words are split off, folded, stemmed,
// and left out where they are too frequent.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "query/text/language.h"

struct sb_stemmer;

namespace freshet::query {

/// What a search takes for the same. The terms of an index are folded in both ways.
struct TextFolding {
  bool case_sensitive = false;
  bool diacritic_sensitive = false;

  bool folds_all() const { return !case_sensitive && !diacritic_sensitive; }
  /// `text` as it is compared.
  std::string fold(std::string_view text, const TextLanguage& language) const;
};

/// The words of a text, one after the other. The text outlives it.
class WordSplitter {
 public:
  WordSplitter(std::string_view text, const TextLanguage& language)
      : text_(text), language_(language) {}
  /// The next word, as it stands in the text; nothing at the end.
  std::optional<std::string_view> next();

 private:
  bool ends_word(std::int32_t character) const;

  std::string_view text_;
  const TextLanguage& language_;
  std::size_t at_ = 0;
};

/// Makes terms of the words of one language. Not thread-safe: stemmers have a buffer.
class TermMaker {
 public:
  explicit TermMaker(const TextLanguage& language, TextFolding folding = {});
  ~TermMaker();
  TermMaker(TermMaker&&) noexcept;
  TermMaker& operator=(TermMaker&&) = delete;

  const TextLanguage& language() const { return language_; }
  /// Nothing for a stop word.
  std::optional<std::string> term(std::string_view word);

 private:
  struct StemmerDeleter {
    void operator()(sb_stemmer* stemmer) const;
  };
  std::string stem(std::string word) const;

  const TextLanguage& language_;
  const TextFolding folding_;
  std::unique_ptr<sb_stemmer, StemmerDeleter> stemmer_;
};

}  // namespace freshet::query
