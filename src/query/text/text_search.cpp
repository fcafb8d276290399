// SPDX-License-Identifier: Apache-2.0
#include "query/text/text_search.h"

#include <algorithm>
#include <utility>

#include "query/text/letters.h"
#include "query/text/term_scores.h"

namespace freshet::query {
namespace {

void sort_once(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

/// Which of the phrases stand in some text of a document.
class PhraseFinder final : public TextSink {
 public:
  PhraseFinder(const std::vector<std::string>& phrases, TextFolding folding)
      : phrases_(phrases), folding_(folding), found_(phrases.size()) {}

  void take(std::string_view text, double, const TextLanguage& language) override {
    const std::string folded = folding_.fold(text, language);
    for (std::size_t i = 0; i < phrases_.size(); ++i)
      found_[i] = found_[i] || folded.find(phrases_[i]) != std::string::npos;
  }

  bool all() const { return std::find(found_.begin(), found_.end(), false) == found_.end(); }
  bool any() const { return std::find(found_.begin(), found_.end(), true) != found_.end(); }

 private:
  const std::vector<std::string>& phrases_;
  const TextFolding folding_;
  std::vector<bool> found_;
};

}  // namespace

/// Takes the search apart. A '-' at the beginning of a word or phrase negates it; within a word it
/// is a word end like others.
class TextSearch::Parser {
 public:
  Parser(std::string_view text, TextSearch& out)
      : text_(text), out_(out), indexed_(out.language_), compared_(out.language_, out.folding_) {}

  void parse() {
    bool after_space = true;
    bool negated = false;
    std::size_t begin = 0;  // of the piece between spaces and quotes
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t here = at;
      const std::int32_t character = next_character(text_, at);
      if (character == '"') {
        add_words(text_.substr(begin, here - begin), negated);
        begin = at = phrase(at, negated);
        negated = false;
        after_space = false;
      } else if (is_white_space(character)) {
        add_words(text_.substr(begin, here - begin), negated);
        begin = at;
        negated = false;
        after_space = true;
      } else {
        if (character == '-' && after_space) negated = true;
        after_space = false;
      }
    }
    add_words(text_.substr(begin), negated);
  }

 private:
  /// Takes the phrase that begins at `begin`; where it goes on behind it.
  std::size_t phrase(std::size_t begin, bool negated) {
    const std::size_t end = std::min(text_.find('"', begin), text_.size());
    const std::string_view inside = text_.substr(begin, end - begin);
    std::string folded = out_.folding_.fold(inside, out_.language_);
    if (!folded.empty())
      (negated ? out_.negated_phrases_ : out_.phrases_).push_back(std::move(folded));
    // The words of a phrase are words that are looked for; those of a negated one may be there.
    if (!negated) add_words(inside, false);
    return std::min(end + 1, text_.size());
  }

  void add_words(std::string_view text, bool negated) {
    WordSplitter words(text, out_.language_);
    while (const auto word = words.next()) {
      auto term = compared_.term(*word);
      if (!term) continue;
      (negated ? out_.negated_terms_ : out_.terms_).push_back(std::move(*term));
      if (!negated) out_.indexed_terms_.push_back(*indexed_.term(*word));
    }
  }

  std::string_view text_;
  TextSearch& out_;
  TermMaker indexed_;
  TermMaker compared_;
};

TextSearch::TextSearch(std::string_view search, const TextLanguage& language, TextFolding folding,
                       std::shared_ptr<const TextIndex> index)
    : index_(std::move(index)), language_(language), folding_(folding) {
  Parser(search, *this).parse();
  for (auto* list : {&indexed_terms_, &terms_, &negated_terms_, &phrases_, &negated_phrases_})
    sort_once(*list);
}

std::optional<double> TextSearch::score(bson::View document) const {
  if (indexed_terms_.empty()) return std::nullopt;
  TermScores indexed;
  index_->visit(document, indexed);
  double score = 0;
  bool any = false;
  for (const std::string& term : indexed_terms_) {
    const auto found = indexed.by_term().find(term);
    if (found == indexed.by_term().end()) continue;
    any = true;
    score += found->second;
  }
  if (!any || !has_wanted_words(document, indexed) || !has_wanted_phrases(document))
    return std::nullopt;
  return score;
}

bool TextSearch::has_wanted_words(bson::View document, const TermScores& indexed) const {
  TermScores as_asked(folding_);
  if (!folding_.folds_all()) index_->visit(document, as_asked);
  const TermScores& compared = folding_.folds_all() ? indexed : as_asked;
  const auto is_there = [&](const std::string& term) { return compared.contains(term); };
  return std::any_of(terms_.begin(), terms_.end(), is_there) &&
         std::none_of(negated_terms_.begin(), negated_terms_.end(), is_there);
}

bool TextSearch::has_wanted_phrases(bson::View document) const {
  if (phrases_.empty() && negated_phrases_.empty()) return true;
  PhraseFinder wanted(phrases_, folding_);
  PhraseFinder unwanted(negated_phrases_, folding_);
  index_->visit(document, wanted);
  index_->visit(document, unwanted);
  return wanted.all() && !unwanted.any();
}

}  // namespace freshet::query
