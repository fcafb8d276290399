// SPDX-License-Identifier: Apache-2.0
#include "stream/anchor.h"

#include <iterator>
#include <string_view>
#include <utility>

#include "bson/compare.h"
#include "stream/anchor_choice.h"
#include "stream/expression_anchor.h"

namespace freshet::stream {
namespace {

using bson::ValueView;
using query::MatchKind;
using query::MatchNode;
using MatchNodes = std::vector<query::MatchNodePtr>;

Anchors anchors_of_range(const std::string& path, KeyRange range) {
  Anchors anchors;
  anchors.ranges.push_back({path, std::move(range)});
  return anchors;
}

/// Reads one filter. Recursion is bounded by kAnchorDepthMax.
class Reader {
 public:
  explicit Reader(bool binary_strings) : binary_strings_(binary_strings) {}

  std::optional<Anchors> read(const MatchNode& node, int depth = 0) const {
    if (depth > kAnchorDepthMax) return std::nullopt;
    switch (node.kind()) {
      case MatchKind::AlwaysFalse:
        return Anchors{};
      case MatchKind::And:
        return of_all(static_cast<const query::ListNode&>(node).children(), depth);
      case MatchKind::Or:
        return of_any(static_cast<const query::ListNode&>(node).children(), depth);
      case MatchKind::ElemMatchValue:
        return of_elements(static_cast<const query::ElemMatchValueNode&>(node));
      case MatchKind::Expression:
        return anchors_of_expression(static_cast<const query::ExpressionNode&>(node).spec(),
                                     binary_strings_);
      default:
        return of_predicate(node, {});
    }
  }

 private:
  std::optional<Anchors> of_all(const MatchNodes& children, int depth) const {
    AnchorChoice choice;
    for (const auto& child : children)
      choice.add(read(*child, depth + 1));
    return std::move(choice).best();
  }

  std::optional<Anchors> of_any(const MatchNodes& children, int depth) const {
    Anchors all;
    for (const auto& child : children) {
      std::optional<Anchors> one = read(*child, depth + 1);
      if (!one || all.size() + one->size() > kAnchorsMax) return std::nullopt;
      all.add(std::move(*one));
    }
    return all;
  }

  /// The elements are among the values under the path, unless that names a place in an array: what
  /// stands there is not opened.
  std::optional<Anchors> of_elements(const query::ElemMatchValueNode& node) const {
    for (std::size_t i = 0; i < node.path().size(); ++i) {
      if (node.path().index(i) != query::Path::kNoIndex) return std::nullopt;
    }
    AnchorChoice choice;
    for (const auto& predicate : node.predicates())
      choice.add(of_predicate(*predicate, node.path().text()));
    return std::move(choice).best();
  }

  /// `array`: the path to the array whose elements are asked; empty when the node has its own.
  std::optional<Anchors> of_predicate(const MatchNode& node, const std::string& array) const {
    const auto path_of = [&](const query::PathNode& own) -> const std::string& {
      return array.empty() ? own.path().text() : array;
    };
    switch (node.kind()) {
      case MatchKind::Comparison: {
        const auto& comparison = static_cast<const query::ComparisonNode&>(node);
        return of_comparison(path_of(comparison), comparison);
      }
      case MatchKind::In: {
        const auto& in = static_cast<const query::InNode&>(node);
        return of_in(path_of(in), in);
      }
      case MatchKind::Regex: {
        const auto& regex = static_cast<const query::RegexNode&>(node);
        return of_regex(path_of(regex), regex);
      }
      default:
        return std::nullopt;
    }
  }

  std::optional<Anchors> of_comparison(const std::string& path,
                                       const query::ComparisonNode& node) const {
    if (node.op() == Comparison::Equal) {
      return anchors_of_value(path, node.operand(), binary_strings_);
    }
    if (!binary_strings_ && is_text(node.operand().type())) return std::nullopt;
    std::optional<KeyRange> range = range_of_match(node.op(), node.operand());
    if (!range) return std::nullopt;
    return anchors_of_range(path, std::move(*range));
  }

  std::optional<Anchors> of_in(const std::string& path, const query::InNode& node) const {
    Anchors anchors;
    const auto add = [&](std::optional<Anchors> one) {
      if (!one || anchors.size() + one->size() > kAnchorsMax) return false;
      anchors.add(std::move(*one));
      return true;
    };
    for (const bson::Value& value : node.values()) {
      if (!add(anchors_of_value(path, value.view(), binary_strings_))) return std::nullopt;
    }
    for (const auto& regex : node.regexes()) {
      if (!add(of_regex(path, *regex))) return std::nullopt;
    }
    return anchors;
  }

  /// Strings with its prefix, in whatever order strings are compared, and the expression as a
  /// value.
  std::optional<Anchors> of_regex(const std::string& path, const query::RegexNode& node) const {
    const std::string prefix = node.regex().literal_prefix();
    if (prefix.empty() || prefix.front() == '\0') return std::nullopt;
    Anchors anchors = anchors_of_range(path, range_of_prefix(prefix));
    const bson::Value itself = bson::Value::regex(node.regex().pattern(), node.regex().options());
    anchors.values.push_back({path, bson::hash(itself.view())});
    return anchors;
  }

  const bool binary_strings_;
};

}  // namespace

void Anchors::add(Anchors others) {
  values.insert(values.end(), std::make_move_iterator(others.values.begin()),
                std::make_move_iterator(others.values.end()));
  ranges.insert(ranges.end(), std::make_move_iterator(others.ranges.begin()),
                std::make_move_iterator(others.ranges.end()));
}

std::optional<Anchors> anchors_of(const MatchNode& filter, bool binary_strings) {
  return Reader(binary_strings).read(filter);
}

std::optional<Anchors> anchors_of_value(const std::string& path, ValueView value,
                                        bool binary_strings) {
  if (!is_ranged(value.type()) || value.type() == bson::Type::Symbol) return std::nullopt;
  if (!binary_strings && is_text(value.type())) return std::nullopt;
  Anchors anchors;
  anchors.values.push_back({path, bson::hash(value)});
  return anchors;
}

}  // namespace freshet::stream
