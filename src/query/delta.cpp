// SPDX-License-Identifier: Apache-2.0
// Comparing two documents: the delta that a pipeline update logs.
#include "query/delta.h"

#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "bson/builder.h"
#include "bson/compare.h"
#include "query/delta_tree.h"

namespace freshet::query {
namespace {

std::unique_ptr<DeltaNode> compare_documents(bson::View before, bson::View after);
std::unique_ptr<DeltaNode> compare_arrays(bson::View before, bson::View after);

std::size_t encoded_size(const DeltaNode& node) {
  bson::Builder out;
  write_delta(node, out);
  return out.size_bytes();
}

/// How `before` became `after` under one name: changes inside when those are shorter than the new
/// value.
void add_change(DeltaNode& out, std::string_view name, bson::ValueView before,
                bson::ValueView after) {
  if (before.type() == after.type() && (after.is_document() || after.is_array())) {
    auto nested = after.is_array() ? compare_arrays(before.as_document(), after.as_document())
                                   : compare_documents(before.as_document(), after.as_document());
    if (encoded_size(*nested) < after.raw().size()) return out.nest(name, std::move(nested));
  }
  out.update(name, bson::Value(after));
}

std::unique_ptr<DeltaNode> compare_arrays(bson::View before, bson::View after) {
  auto node = std::make_unique<DeltaNode>();
  node->array = true;
  auto a = before.begin();
  auto b = after.begin();
  const auto a_end = before.end();
  const auto b_end = after.end();
  std::uint32_t index = 0;
  for (; a != a_end && b != b_end; ++a, ++b, ++index) {
    if (!bson::identical(*a, *b)) add_change(*node, std::to_string(index), *a, *b);
  }
  if (a != a_end) node->new_size = index;
  for (; b != b_end; ++b, ++index)
    node->update(std::to_string(index), bson::Value(b->value()));
  return node;
}

/// Fields keep their places, and inserted fields go to the end: so the two documents are walked
/// side by side, and once a name is out of step it is deleted here and, when `after` has it later,
/// inserted again behind.
std::unique_ptr<DeltaNode> compare_documents(bson::View before, bson::View after) {
  auto node = std::make_unique<DeltaNode>();
  auto a = before.begin();
  auto b = after.begin();
  const auto a_end = before.end();
  const auto b_end = after.end();
  std::vector<bson::Element> gone;
  while (a != a_end && b != b_end) {
    if (a->name() != b->name()) {
      gone.push_back(*a);
      ++a;
      continue;
    }
    if (!bson::identical(*a, *b)) add_change(*node, a->name(), *a, *b);
    ++a;
    ++b;
  }
  for (; a != a_end; ++a)
    gone.push_back(*a);
  std::unordered_set<std::string_view> inserted;
  for (; b != b_end; ++b) {
    inserted.insert(b->name());
    node->insert(b->name(), bson::Value(b->value()));
  }
  for (const bson::Element& element : gone) {
    if (!inserted.contains(element.name())) node->deleted.emplace_back(element.name());
  }
  return node;
}

/// A name that occurs twice cannot be spoken of in a delta.
bool has_repeated_names(bson::View document) {
  std::unordered_set<std::string_view> names;
  for (const bson::Element& element : document) {
    if (!names.insert(element.name()).second) return true;
    if (element.is_document() && has_repeated_names(element.as_document())) return true;
    if (!element.is_array()) continue;
    for (const bson::Element& inner : element.as_document()) {
      if (inner.is_document() && has_repeated_names(inner.as_document())) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> make_diff(bson::View before, bson::View after) {
  if (has_repeated_names(before) || has_repeated_names(after)) return std::nullopt;
  bson::Builder out;
  write_delta(*compare_documents(before, after), out);
  std::string diff = out.take();
  if (diff.size() >= after.size_bytes()) return std::nullopt;
  return diff;
}

}  // namespace freshet::query
