// SPDX-License-Identifier: Apache-2.0
// The terms of a document, and how much each of them says of it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "query/text/text_index.h"
#include "query/text/words.h"

namespace freshet::query {

/// By term. What a term counts grows with the weight of its field and with how often it stands
/// there, and shrinks with the number of words around it.
class TermScores final : public TextSink {
 public:
  explicit TermScores(TextFolding folding = {}) : folding_(folding) {}
  void take(std::string_view text, double weight, const TextLanguage& language) override;

  const std::unordered_map<std::string, double>& by_term() const { return scores_; }
  bool contains(const std::string& term) const { return scores_.contains(term); }

 private:
  TermMaker& maker_of(const TextLanguage& language);

  const TextFolding folding_;
  std::map<std::string_view, TermMaker> makers_;  ///< by language
  std::unordered_map<std::string, double> scores_;
};

}  // namespace freshet::query
