// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/index_text.h"

#include <algorithm>

namespace freshet::pipeline {
namespace {

/// Bounds longer than this are shown up to here.
constexpr std::size_t kShownIntervalsMax = 1'000;

/// {key pattern}, with the path of a wildcard component as the plan uses it.
void add_pattern(bson::Builder& out, const catalog::IndexDefinition& index,
                 const std::vector<Component>& components) {
  if (index.kind != catalog::IndexKind::Wildcard) {
    out.add("keyPattern", index.key_pattern());
    return;
  }
  out.open_document("keyPattern");
  for (const Component& component : components)
    out.add(component.path, std::int32_t{component.descending ? -1 : 1});
  out.close();
}

/// The parts of the path where arrays stood, each with the path up to there.
void add_array_paths(bson::Builder& out, const Component& component) {
  out.open_array(component.path);
  std::size_t part = 0;
  for (std::size_t end = component.path.find('.');; end = component.path.find('.', end + 1)) {
    const std::size_t bit = std::min(part, catalog::kArrayPartsMax - 1);
    if ((component.arrays >> bit & 1U) != 0) out.push(component.path.substr(0, end));
    if (end == std::string::npos) break;
    ++part;
  }
  out.close();
}

}  // namespace

void add_index(bson::Builder& out, const catalog::IndexDefinition& index,
               const std::vector<Component>& components) {
  add_pattern(out, index, components);
  out.add("indexName", index.name);
  if (index.collation != nullptr) out.add("collation", index.collation->spec());
  const bool multikey = std::any_of(components.begin(), components.end(),
                                    [](const Component& each) { return each.arrays != 0; });
  out.add("isMultiKey", multikey).open_document("multiKeyPaths");
  for (const Component& component : components)
    add_array_paths(out, component);
  out.close();
  out.add("isUnique", index.unique)
      .add("isSparse", index.sparse || !index.holds_values())
      .add("isPartial", index.partial != nullptr)
      .add("indexVersion", std::int32_t{2});
}

void add_bounds(bson::Builder& out, const std::vector<Component>& components,
                const std::vector<IntervalSet>& sets) {
  out.open_document("indexBounds");
  for (std::size_t i = 0; i < components.size(); ++i) {
    out.open_array(components[i].path);
    const IntervalSet set = i < sets.size() ? sets[i] : full_set();
    const std::size_t shown = std::min(set.size(), kShownIntervalsMax);
    for (std::size_t j = 0; j < shown; ++j) {
      const Interval& interval = components[i].descending ? set[set.size() - 1 - j] : set[j];
      out.push(text_of(interval, components[i].descending));
    }
    out.close();
  }
  out.close();
}

void add_text_search(bson::Builder& out, const catalog::IndexDefinition& index,
                     const query::TextSearch& search) {
  const auto add_list = [&out](std::string_view name, const std::vector<std::string>& list) {
    out.open_array(name);
    for (const std::string& each : list)
      out.push(each);
    out.close();
  };
  out.add("indexName", index.name).open_document("parsedTextQuery");
  add_list("terms", search.terms());
  add_list("negatedTerms", search.negated_terms());
  add_list("phrases", search.phrases());
  add_list("negatedPhrases", search.negated_phrases());
  out.close().add("textIndexVersion", bson::View(index.spec)["textIndexVersion"]);
}

std::string_view direction_name(storage::Direction direction) {
  return direction == storage::Direction::Forward ? "forward" : "backward";
}

}  // namespace freshet::pipeline
