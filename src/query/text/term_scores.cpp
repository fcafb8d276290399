// SPDX-License-Identifier: Apache-2.0
#include "query/text/term_scores.h"

namespace freshet::query {
namespace {

/// How a term stands in one text.
struct Occurrences {
  double count = 0;
  double frequency = 0;  ///< 1 + 1/2 + 1/4 + … over its occurrences
  double next = 1;
};

/// What a text that is nothing but the term counts more.
constexpr double kWholeTextFactor = 1.1;

}  // namespace

TermMaker& TermScores::maker_of(const TextLanguage& language) {
  return makers_.try_emplace(language.name, language, folding_).first->second;
}

void TermScores::take(std::string_view text, double weight, const TextLanguage& language) {
  TermMaker& maker = maker_of(language);
  WordSplitter words(text, language);
  std::unordered_map<std::string, Occurrences> found;
  double terms = 0;
  while (const auto word = words.next()) {
    auto term = maker.term(*word);
    if (!term) continue;
    ++terms;
    Occurrences& occurrences = found[std::move(*term)];
    ++occurrences.count;
    occurrences.frequency += occurrences.next;
    occurrences.next /= 2;
  }
  for (const auto& [term, occurrences] : found) {
    const double share = 0.5 * occurrences.count / terms + 0.5;
    const double whole = term.size() == text.size() ? kWholeTextFactor : 1;
    scores_[term] += weight * occurrences.frequency * share * whole;
  }
}

}  // namespace freshet::query
