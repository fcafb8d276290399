// SPDX-License-Identifier: Apache-2.0
#include "stream/expression_anchor.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "stream/anchor_choice.h"
#include "stream/event_path.h"

namespace freshet::stream {
namespace {

using bson::ValueView;

struct Operator {
  std::string_view name;
  Comparison op;
  Comparison turned;  // with the operands exchanged
};

constexpr Operator kOperators[] = {
    {"$eq", Comparison::Equal, Comparison::Equal},
    {"$gt", Comparison::Greater, Comparison::Less},
    {"$gte", Comparison::GreaterEqual, Comparison::LessEqual},
    {"$lt", Comparison::Less, Comparison::Greater},
    {"$lte", Comparison::LessEqual, Comparison::GreaterEqual},
};

bool is_path_or_variable(ValueView value) {
  return value.is_string() && value.as_string().starts_with('$');
}

bool is_path(ValueView value) {
  return is_path_or_variable(value) && value.as_string().size() > 1 && value.as_string()[1] != '$';
}

/// Reads one expression. Recursion is bounded by kAnchorDepthMax.
class Reader {
 public:
  explicit Reader(bool binary_strings) : binary_strings_(binary_strings) {}

  std::optional<Anchors> read(ValueView expression, int depth = 0) const {
    if (depth > kAnchorDepthMax || !expression.is_document()) return std::nullopt;
    const bson::View document = expression.as_document();
    if (document.count() != 1) return std::nullopt;
    const bson::Element call = *document.begin();
    if (!call.is_array()) return std::nullopt;
    const bson::View operands = call.as_document();
    if (call.name() == "$and") return of_all(operands, depth);
    if (call.name() == "$or") return of_any(operands, depth);
    if (operands.count() != 2) return std::nullopt;
    auto at = operands.begin();
    const ValueView left = (*at).value();
    const ValueView right = (*++at).value();
    if (call.name() == "$in") return of_membership(left, right);
    const auto* known = std::ranges::find(kOperators, call.name(), &Operator::name);
    if (known == std::end(kOperators)) return std::nullopt;
    return is_path(left) ? of_comparison(left, known->op, right)
                         : of_comparison(right, known->turned, left);
  }

 private:
  std::optional<Anchors> of_all(bson::View operands, int depth) const {
    AnchorChoice choice;
    for (const bson::Element& one : operands)
      choice.add(read(one.value(), depth + 1));
    return std::move(choice).best();
  }

  std::optional<Anchors> of_any(bson::View operands, int depth) const {
    Anchors all;
    for (const bson::Element& one : operands) {
      std::optional<Anchors> anchors = read(one.value(), depth + 1);
      if (!anchors || all.size() + anchors->size() > kAnchorsMax) return std::nullopt;
      all.add(std::move(*anchors));
    }
    return all;
  }

  std::optional<Anchors> of_comparison(ValueView path, Comparison op, ValueView constant) const {
    if (!is_path(path) || is_path_or_variable(constant)) return std::nullopt;
    std::string dotted(path.as_string().substr(1));
    if (op == Comparison::Equal) return anchors_of_value(dotted, constant, binary_strings_);
    if (!binary_strings_ && is_text(constant.type())) return std::nullopt;
    std::optional<KeyRange> range = range_of_expression(op, constant);
    // A missing field is less than the constant. What the event is looked at for, with all fields
    // there are, may be missing in the events of streams without showExpandedEvents.
    if (!range || (range->begin.empty() && !EventPath(dotted).reads_entry())) return std::nullopt;
    Anchors anchors;
    anchors.ranges.push_back({std::move(dotted), std::move(*range)});
    return anchors;
  }

  std::optional<Anchors> of_membership(ValueView path, ValueView list) const {
    if (!is_path(path) || !list.is_array()) return std::nullopt;
    Anchors all;
    for (const bson::Element& one : list.as_document()) {
      std::optional<Anchors> anchors = of_comparison(path, Comparison::Equal, one.value());
      if (!anchors || all.size() >= kAnchorsMax) return std::nullopt;
      all.add(std::move(*anchors));
    }
    return all;
  }

  const bool binary_strings_;
};

}  // namespace

std::optional<Anchors> anchors_of_expression(ValueView expression, bool binary_strings) {
  return Reader(binary_strings).read(expression);
}

}  // namespace freshet::stream
