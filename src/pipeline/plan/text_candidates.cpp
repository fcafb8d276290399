// SPDX-License-Identifier: Apache-2.0
// What text indexes offer: the entries of the terms that a $text looks for, for one value of each
// component before the text.
#include <algorithm>
#include <utility>

#include "bson/key.h"
#include "collection/index_keys.h"
#include "pipeline/plan/candidate.h"
#include "query/match_text.h"

namespace freshet::pipeline {
namespace {

const query::TextNode* text_among(const std::vector<const query::MatchNode*>& parts) {
  const auto found = std::find_if(parts.begin(), parts.end(), [](const query::MatchNode* part) {
    return part->kind() == query::MatchKind::Text;
  });
  return found == parts.end() ? nullptr : static_cast<const query::TextNode*>(*found);
}

IntervalSet terms_of(const query::TextNode& text) {
  std::vector<Interval> out;
  for (const std::string& term : text.search().indexed_terms()) {
    const bson::Value value = bson::Value::string(term);
    std::string key;
    bson::append_key(key, value);
    out.push_back(point_of_key(std::move(key), value));
  }
  return normal(std::move(out));
}

}  // namespace

std::vector<Candidate> text_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                       const AccessRequest& request) {
  const query::TextNode* text = text_among(demands.parts);
  if (text == nullptr) return {};
  const std::size_t before = collection::text_component(*index);
  std::vector<Component> components;
  for (std::size_t i = 0; i < before; ++i)
    components.push_back(
        {.path = index->parts[i].path, .descending = index->parts[i].descending()});
  components.push_back({.path = index->parts[before].path, .fixed = terms_of(*text)});
  std::vector<Candidate> out;
  out.push_back(make_candidate(index, std::move(components), demands.conjuncts, request));
  out.front().order.reset();  // a document stands there once for each of its terms
  const bool usable =
      out.front().bounds.points >= before && holds_all(out.front(), demands, request);
  if (!usable) out.clear();
  return out;
}

}  // namespace freshet::pipeline
