// SPDX-License-Identifier: Apache-2.0
#include "query/matcher.h"

#include "query/match_node.h"
#include "query/match_parse.h"

namespace freshet::query {

bool PathNode::matches(bson::View document, MatchDetails* details) const {
  return visit_path(path_, document, leaf_,
                    [this, details](bson::ValueView value, std::size_t position) {
                      if (details == nullptr) return matches_value(value);
                      if (!matches_leaf(value, details)) return false;
                      if (position != kNoPosition)
                        details->array_index = position;  // the outermost array names the position
                      return true;
                    });
}

bool PathNode::matches_leaf(bson::ValueView value, MatchDetails*) const {
  return matches_value(value);
}

struct Matcher::State {
  std::string filter;
  MatchNodePtr root;
};

Matcher::Matcher(bson::View filter, const QueryContext& context, FilterOf of)
    : state_(std::make_unique<State>()) {
  state_->filter = filter.to_string();
  MatchParse parse{.context = context, .of_parts = of == FilterOf::Parts};
  state_->root = parse_filter(this->filter(), parse);
}

Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

bool Matcher::matches(bson::View document, MatchDetails* details) const {
  if (details != nullptr) details->array_index.reset();
  return state_->root->matches(document, details);
}

bool Matcher::always_true() const {
  return state_->root->kind() == MatchKind::AlwaysTrue;
}

const MatchNode& Matcher::root() const {
  return *state_->root;
}

bson::View Matcher::filter() const {
  return bson::View(state_->filter);
}

}  // namespace freshet::query
