// SPDX-License-Identifier: Apache-2.0
// {$text: …} in a parsed filter.
#pragma once

#include <memory>
#include <utility>

#include "query/match_node.h"
#include "query/text/text_search.h"

namespace freshet::query {

class TextNode final : public MatchNode {
 public:
  explicit TextNode(TextSearch search) : MatchNode(MatchKind::Text), search_(std::move(search)) {}
  const TextSearch& search() const { return search_; }
  bool matches(bson::View document, MatchDetails*) const override {
    return search_.score(document).has_value();
  }
  bool matches_value(bson::ValueView) const override { return false; }

 private:
  TextSearch search_;
};

/// The $text of a filter, wherever it stands; null when there is none.
const TextNode* find_text(const MatchNode& root);

/// Whether a filter that was not parsed yet has a $text.
bool mentions_text(bson::View filter);

}  // namespace freshet::query
