// SPDX-License-Identifier: Apache-2.0
// What {$text: {$search: …}} asks for: words of which one is enough, phrases that all have to be
// there, and words and phrases that must not.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "query/text/text_index.h"
#include "query/text/words.h"

namespace freshet::query {

class TermScores;

/// Immutable, thread-safe.
class TextSearch {
 public:
  /// `index` is shared with the definition of the index, which may be dropped meanwhile.
  TextSearch(std::string_view search, const TextLanguage& language, TextFolding folding,
             std::shared_ptr<const TextIndex> index);

  /// How well the document answers; nothing when it does not.
  std::optional<double> score(bson::View document) const;
  /// The terms of which a matching document has one, as they are indexed: sorted, none twice.
  const std::vector<std::string>& indexed_terms() const { return indexed_terms_; }

  // For explain.
  const std::vector<std::string>& terms() const { return terms_; }
  const std::vector<std::string>& negated_terms() const { return negated_terms_; }
  const std::vector<std::string>& phrases() const { return phrases_; }
  const std::vector<std::string>& negated_phrases() const { return negated_phrases_; }

 private:
  class Parser;
  bool has_wanted_words(bson::View document, const TermScores& indexed) const;
  bool has_wanted_phrases(bson::View document) const;

  const std::shared_ptr<const TextIndex> index_;
  const TextLanguage& language_;
  const TextFolding folding_;
  std::vector<std::string> indexed_terms_;
  std::vector<std::string> terms_;  ///< folded as the search says, like those below
  std::vector<std::string> negated_terms_;
  std::vector<std::string> phrases_;
  std::vector<std::string> negated_phrases_;
};

}  // namespace freshet::query
