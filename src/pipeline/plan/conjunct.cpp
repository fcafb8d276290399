// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/conjunct.h"

#include <algorithm>

#include "pipeline/plan/expression_conjunct.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

using query::ListNode;
using query::MatchKind;
using query::MatchNode;

const MatchNode& child_of(const MatchNode& node) {
  return static_cast<const query::NotNode&>(node).child();
}

const std::vector<query::MatchNodePtr>& children_of(const MatchNode& node) {
  return static_cast<const ListNode&>(node).children();
}

/// Where the walk stands: the $elemMatch it is inside of, and what part of the filter it belongs
/// to.
struct Place {
  std::string prefix;
  const MatchNode* scope = nullptr;
  std::size_t scope_parts = 0;
  const MatchNode* whole = nullptr;

  Place part() const {
    Place out = *this;
    out.whole = nullptr;
    return out;
  }
};

class Collector {
 public:
  explicit Collector(std::vector<Conjunct>& out) : out_(out) {}

  void collect(const MatchNode& node, bool negated, const Place& place) {
    if (const auto path = only_path(node)) return add(*path, node, negated, place);
    switch (node.kind()) {
      case MatchKind::And:
        if (!negated) each(node, false, place);
        return;
      case MatchKind::Or:
        if (negated) each(node, true, place);
        return;
      case MatchKind::Nor:
        if (!negated) each(node, true, place);
        return;
      case MatchKind::Not:
        return collect(child_of(node), !negated, place);
      case MatchKind::ElemMatchObject:
        if (!negated) inside(static_cast<const query::ElemMatchObjectNode&>(node), place);
        return;
      case MatchKind::Expression:
        if (!negated && place.scope == nullptr) add_expression(node);
        return;
      default:
        return;
    }
  }

 private:
  void each(const MatchNode& node, bool negated, const Place& place) {
    for (const auto& child : children_of(node))
      collect(*child, negated, place.part());
  }

  void inside(const query::ElemMatchObjectNode& node, const Place& place) {
    Place in;
    in.prefix = place.prefix + node.path().text() + ".";
    in.scope = &node;
    in.scope_parts = count_parts(in.prefix) - 1;
    collect(node.filter(), false, in);
  }

  void add(std::string_view path, const MatchNode& node, bool negated, const Place& place) {
    Conjunct conjunct;
    conjunct.path = place.prefix + std::string(path);
    conjunct.node = &node;
    conjunct.negated = negated;
    conjunct.scope = place.scope;
    conjunct.scope_parts = place.scope_parts;
    conjunct.whole = place.whole;
    // Elements that are arrays count as documents of numbered fields: no index holds them so.
    if (place.scope != nullptr && conjunct.has_place()) return;
    out_.push_back(std::move(conjunct));
  }

  void add_expression(const MatchNode& node) {
    for (Conjunct& conjunct :
         conjuncts_of_expression(static_cast<const query::ExpressionNode&>(node))) {
      out_.push_back(std::move(conjunct));
    }
  }

  std::vector<Conjunct>& out_;
};

}  // namespace

bool Conjunct::has_place() const {
  const query::Path split(path);
  for (std::size_t i = 0; i < split.size(); ++i) {
    const std::string_view part = split.part(i);
    if (!part.empty() &&
        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return true;
    }
  }
  return false;
}

std::size_t count_parts(std::string_view path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) + 1;
}

std::optional<std::string_view> only_path(const MatchNode& node) {
  switch (node.kind()) {
    case MatchKind::Comparison:
    case MatchKind::In:
    case MatchKind::Regex:
    case MatchKind::Exists:
    case MatchKind::Type:
    case MatchKind::Size:
    case MatchKind::Mod:
    case MatchKind::Bits:
    case MatchKind::ElemMatchValue:
      return static_cast<const query::PathNode&>(node).path().text();
    case MatchKind::Not:
      return only_path(child_of(node));
    case MatchKind::And:
    case MatchKind::Or:
    case MatchKind::Nor: {
      const auto first = only_path(*children_of(node).front());
      const auto same = [&](const auto& child) { return only_path(*child) == first; };
      const bool all =
          first && std::all_of(children_of(node).begin(), children_of(node).end(), same);
      return all ? first : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::vector<const MatchNode*> parts_of(const MatchNode& root) {
  std::vector<const MatchNode*> out;
  if (root.kind() != MatchKind::And) return {&root};
  for (const auto& child : children_of(root))
    out.push_back(child.get());
  return out;
}

std::vector<Conjunct> conjuncts_of(const MatchNode& root) {
  std::vector<Conjunct> out;
  Collector collector(out);
  for (const MatchNode* part : parts_of(root)) {
    Place place;
    place.whole = part;
    collector.collect(*part, false, place);
  }
  return out;
}

}  // namespace freshet::pipeline
