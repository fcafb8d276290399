// SPDX-License-Identifier: Apache-2.0
#include "stream/anchor.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "bson/compare.h"

namespace freshet::stream {
namespace {

using bson::Type;
using bson::ValueView;
using query::MatchKind;
using query::MatchNode;

/// Filters deeper than this are asked instead; parsing bounds them as well.
constexpr int kDepthMax = 50;

bool is_anchor(ValueView value, bool binary_strings) {
  switch (value.type()) {
    case Type::String:
      return binary_strings;
    case Type::Double:
    case Type::Int32:
    case Type::Int64:
    case Type::Decimal128:
    case Type::Binary:
    case Type::ObjectId:
    case Type::Bool:
    case Type::Date:
    case Type::Timestamp:
      return true;
    default:
      return false;
  }
}

/// Reads one filter. Recursion is bounded by kDepthMax.
class Reader {
 public:
  explicit Reader(bool binary_strings) : binary_strings_(binary_strings) {}

  std::optional<Anchors> read(const MatchNode& node, int depth = 0) const {
    if (depth > kDepthMax) return std::nullopt;
    switch (node.kind()) {
      case MatchKind::AlwaysFalse:
        return Anchors{};
      case MatchKind::And:
        return of_all(static_cast<const query::ListNode&>(node), depth);
      case MatchKind::Or:
        return of_any(static_cast<const query::ListNode&>(node), depth);
      case MatchKind::Comparison:
        return of_equality(static_cast<const query::ComparisonNode&>(node));
      case MatchKind::In:
        return of_in(static_cast<const query::InNode&>(node));
      case MatchKind::Expression:
        return of_expression(static_cast<const query::ExpressionNode&>(node).spec(), depth);
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<Anchors> of_all(const query::ListNode& list, int depth) const {
    std::optional<Anchors> best;
    for (const auto& child : list.children())
      best = better_of(std::move(best), read(*child, depth + 1));
    return best;
  }

  std::optional<Anchors> of_any(const query::ListNode& list, int depth) const {
    Anchors all;
    for (const auto& child : list.children()) {
      std::optional<Anchors> one = read(*child, depth + 1);
      if (!one || all.size() + one->size() > kAnchorsMax) return std::nullopt;
      all.insert(all.end(), one->begin(), one->end());
    }
    return all;
  }

  std::optional<Anchors> of_equality(const query::ComparisonNode& node) const {
    if (node.op() != query::ComparisonNode::Op::Equal) return std::nullopt;
    return of_value(node.path().text(), node.operand());
  }

  std::optional<Anchors> of_in(const query::InNode& node) const {
    if (!node.regexes().empty() || node.values().size() > kAnchorsMax) return std::nullopt;
    Anchors anchors;
    for (const bson::Value& value : node.values()) {
      if (!is_anchor(value.view(), binary_strings_)) return std::nullopt;
      anchors.push_back({node.path().text(), bson::hash(value.view())});
    }
    return anchors;
  }

  std::optional<Anchors> of_value(const std::string& path, ValueView value) const {
    if (!is_anchor(value, binary_strings_)) return std::nullopt;
    return Anchors{{path, bson::hash(value)}};
  }

  // --- $expr: {$eq: ["$path", constant]}, {$in: ["$path", [constant, …]]}, {$and: […]} ---

  std::optional<Anchors> of_expression(ValueView spec, int depth) const {
    if (depth > kDepthMax || !spec.is_document()) return std::nullopt;
    const bson::View document = spec.as_document();
    if (document.count() != 1) return std::nullopt;
    const bson::Element call = *document.begin();
    if (!call.is_array()) return std::nullopt;
    if (call.name() == "$and") return of_conjunction(call.as_document(), depth);
    if (call.as_document().count() != 2) return std::nullopt;
    auto at = call.as_document().begin();
    const ValueView left = (*at).value();
    const ValueView right = (*++at).value();
    if (call.name() == "$eq") return is_path(left) ? of_call(left, right) : of_call(right, left);
    if (call.name() == "$in") return of_membership(left, right);
    return std::nullopt;
  }

  std::optional<Anchors> of_conjunction(bson::View list, int depth) const {
    std::optional<Anchors> best;
    for (const bson::Element& one : list)
      best = better_of(std::move(best), of_expression(one.value(), depth + 1));
    return best;
  }

  std::optional<Anchors> of_call(ValueView path, ValueView constant) const {
    if (!is_path(path) || is_path_or_variable(constant)) return std::nullopt;
    return of_value(std::string(path.as_string().substr(1)), constant);
  }

  std::optional<Anchors> of_membership(ValueView path, ValueView list) const {
    if (!is_path(path) || !list.is_array()) return std::nullopt;
    Anchors anchors;
    for (const bson::Element& one : list.as_document()) {
      const std::optional<Anchors> anchor = of_call(path, one.value());
      if (!anchor || anchors.size() >= kAnchorsMax) return std::nullopt;
      anchors.push_back(anchor->front());
    }
    return anchors;
  }

  static bool is_path_or_variable(ValueView value) {
    return value.is_string() && value.as_string().starts_with('$');
  }
  static bool is_path(ValueView value) {
    return is_path_or_variable(value) && value.as_string().size() > 1 &&
           value.as_string()[1] != '$';
  }

  const bool binary_strings_;
};

/// How many events may hold one of the anchors, as a guess that orders them.
std::size_t weight_of(const Anchors& anchors) {
  constexpr std::size_t kCommon = 10'000;
  std::size_t weight = 0;
  for (const Anchor& anchor : anchors) {
    const std::string_view path = anchor.path;
    const bool common = path == "operationType" || path.starts_with("ns");
    weight += common ? kCommon : 1;
  }
  return weight;
}

}  // namespace

std::optional<Anchors> anchors_of(const MatchNode& filter, bool binary_strings) {
  return Reader(binary_strings).read(filter);
}

std::optional<Anchors> better_of(std::optional<Anchors> left, std::optional<Anchors> right) {
  if (!left) return right;
  if (!right) return left;
  return weight_of(*left) <= weight_of(*right) ? std::move(left) : std::move(right);
}

}  // namespace freshet::stream
