// SPDX-License-Identifier: Apache-2.0
// $sortArray, $firstN/$lastN/$maxN/$minN over arrays, $zip.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "bson/compare.h"
#include "query/expression/families.h"
#include "query/sort.h"

namespace freshet::query {
namespace {

std::vector<ValueView> elements_of(ValueView array) {
  std::vector<ValueView> elements;
  for (const auto& element : array.as_document())
    elements.push_back(element.value());
  return elements;
}

Value array_of(const std::vector<ValueView>& elements) {
  bson::Builder out;
  for (const auto& element : elements)
    out.push(element);
  return finish_array(out);
}

/// {$sortArray: {input, sortBy}}: by whole values (1, -1) or by fields of the elements.
class SortArrayNode final : public Expression {
 public:
  SortArrayNode(ExpressionPtr input, std::optional<SortPattern> pattern, bool descending)
      : input_(std::move(input)), pattern_(std::move(pattern)), descending_(descending) {}

  Value evaluate(EvalContext& context) const override {
    const Value array = input_->evaluate(context);
    if (array.nullish()) return Value::null();
    if (!array.view().is_array()) {
      raise(location(2942504), "the input of $sortArray must be an array, found {}",
            bson::type_alias(array.type()));
    }
    auto elements = elements_of(array.view());
    const bson::StringOrder* collation = context.query.collation;
    if (!pattern_) {
      std::ranges::stable_sort(elements, [&](ValueView a, ValueView b) {
        const int order = bson::compare(a, b, collation);
        return descending_ ? order > 0 : order < 0;
      });
      return array_of(elements);
    }
    return by_pattern(elements, collation);
  }
  void add_dependencies(Dependencies& out) const override { input_->add_dependencies(out); }

 private:
  Value by_pattern(const std::vector<ValueView>& elements,
                   const bson::StringOrder* collation) const {
    std::vector<std::pair<std::string, ValueView>> keyed;
    for (const auto& element : elements) {
      const bson::View document = element.is_document() ? element.as_document() : bson::View();
      keyed.emplace_back(pattern_->key(document, collation), element);
    }
    std::ranges::stable_sort(keyed, {},
                             [](const auto& entry) -> const std::string& { return entry.first; });
    bson::Builder out;
    for (const auto& [key, element] : keyed)
      out.push(element);
    return finish_array(out);
  }

  ExpressionPtr input_;
  std::optional<SortPattern> pattern_;
  bool descending_;
};

std::int64_t count_operand(const Operands& in) {
  const Value n = in[0];
  if (!n.view().is_number() || !is_integral_int64(n)) {
    raise(location(5787902), "the 'n' of {} must be an integer, found {}", in.name(),
          bson::type_alias(n.type()));
  }
  const std::int64_t count = n.view().number_as_int64();
  if (count <= 0)
    raise(location(5787908), "the 'n' of {} must be greater than 0, found {}", in.name(), count);
  return count;
}

/// The input of $firstN & co.; nothing for null.
Value n_input(const Operands& in) {
  const Value array = in[1];
  if (!array.view().is_array()) {
    raise(location(5788200), "the 'input' of {} must be an array, found {}", in.name(),
          array.missing() ? "missing" : bson::type_alias(array.type()));
  }
  return array;
}

Value extreme_n(const Operands& in, bool greatest) {
  const auto count = static_cast<std::size_t>(count_operand(in));
  const Value array = n_input(in);
  auto elements = elements_of(array.view());
  std::erase_if(elements, [](ValueView value) { return value.nullish(); });
  std::ranges::stable_sort(elements, [&](ValueView a, ValueView b) {
    const int order = bson::compare(a, b, in.collation());
    return greatest ? order > 0 : order < 0;
  });
  if (elements.size() > count) elements.resize(count);
  return array_of(elements);
}

/// {$zip: {inputs: […], useLongestLength, defaults: […]}}.
class ZipNode final : public Expression {
 public:
  ZipNode(OperandList inputs, OperandList defaults, bool longest)
      : inputs_(std::move(inputs)), defaults_(std::move(defaults)), longest_(longest) {}

  Value evaluate(EvalContext& context) const override {
    std::vector<Value> arrays;
    for (const auto& input : inputs_) {
      Value array = input->evaluate(context);
      if (array.nullish()) return Value::null();
      if (!array.view().is_array()) {
        raise(location(34468), "$zip found a non-array among its inputs: {}",
              bson::type_alias(array.type()));
      }
      arrays.push_back(std::move(array));
    }
    std::vector<Value> defaults(arrays.size(), Value::null());
    for (std::size_t i = 0; i < defaults_.size(); ++i)
      defaults[i] = defaults_[i]->evaluate(context);
    return zip(context, arrays, defaults);
  }
  void add_dependencies(Dependencies& out) const override {
    for (const auto& input : inputs_)
      input->add_dependencies(out);
    for (const auto& value : defaults_)
      value->add_dependencies(out);
  }

 private:
  Value zip(EvalContext& context, const std::vector<Value>& arrays,
            const std::vector<Value>& defaults) const {
    std::vector<std::vector<ValueView>> columns;
    std::size_t rows = longest_ ? 0 : static_cast<std::size_t>(-1);
    for (const auto& array : arrays) {
      columns.push_back(elements_of(array.view()));
      rows =
          longest_ ? std::max(rows, columns.back().size()) : std::min(rows, columns.back().size());
    }
    bson::Builder out;
    for (std::size_t row = 0; row < rows; ++row) {
      check_interrupt(context);
      out.push_array();
      for (std::size_t i = 0; i < columns.size(); ++i) {
        push_value(out, row < columns[i].size() ? Value(columns[i][row]) : defaults[i]);
      }
      out.close();
    }
    return finish_array(out);
  }

  OperandList inputs_;
  OperandList defaults_;
  bool longest_;
};

OperandList parse_elements(ValueView spec, ParseScope& scope) {
  OperandList out;
  for (const auto& element : spec.as_document())
    out.push_back(parse_expression(element, scope));
  return out;
}

}  // namespace

ExpressionPtr parse_sort_array(const Operator& op, ValueView spec, ParseScope& scope) {
  if (!spec.is_document()) raise(location(2942500), "{} takes an object", op.name);
  ExpressionPtr input;
  bson::Element sort_by;
  for (const auto& element : spec.as_document()) {
    if (element.name() == "input") {
      input = parse_expression(element, scope);
    } else if (element.name() == "sortBy") {
      sort_by = element;
    } else {
      raise(location(2942501), "$sortArray has no argument called '{}'", element.name());
    }
  }
  if (input == nullptr) raise(location(2942502), "$sortArray needs the argument 'input'");
  if (!sort_by) raise(location(2942503), "$sortArray needs the argument 'sortBy'");
  if (sort_by.is_document()) {
    if (sort_by.as_document().empty())
      raise(location(2942505), "the sortBy of $sortArray must not be empty");
    return std::make_unique<SortArrayNode>(std::move(input), SortPattern(sort_by.as_document()),
                                           false);
  }
  const bool whole = sort_by.is_number() && is_integral_int64(sort_by);
  const std::int64_t direction = whole ? sort_by.number_as_int64() : 0;
  if (direction != 1 && direction != -1) {
    raise(location(2942506), "the sortBy of $sortArray must be 1, -1 or an object");
  }
  return std::make_unique<SortArrayNode>(std::move(input), std::nullopt, direction < 0);
}

Value eval_first_n(const Operands& in) {
  const auto count = static_cast<std::size_t>(count_operand(in));
  const Value array = n_input(in);
  auto elements = elements_of(array.view());
  if (elements.size() > count) elements.resize(count);
  return array_of(elements);
}

Value eval_last_n(const Operands& in) {
  const auto count = static_cast<std::size_t>(count_operand(in));
  const Value array = n_input(in);
  auto elements = elements_of(array.view());
  if (elements.size() > count)
    elements.erase(elements.begin(), elements.end() - static_cast<std::ptrdiff_t>(count));
  return array_of(elements);
}

Value eval_max_n(const Operands& in) {
  return extreme_n(in, true);
}

Value eval_min_n(const Operands& in) {
  return extreme_n(in, false);
}

ExpressionPtr parse_zip(const Operator& op, ValueView spec, ParseScope& scope) {
  if (!spec.is_document()) {
    raise(location(34460), "{} takes an object, found {}", op.name, bson::type_alias(spec.type()));
  }
  OperandList inputs;
  OperandList defaults;
  bool longest = false;
  for (const auto& element : spec.as_document()) {
    if (element.name() == "inputs") {
      if (!element.is_array())
        raise(location(34461), "the inputs of $zip must be an array of expressions");
      inputs = parse_elements(element, scope);
    } else if (element.name() == "defaults") {
      if (!element.is_array())
        raise(location(34462), "the defaults of $zip must be an array of expressions");
      defaults = parse_elements(element, scope);
    } else if (element.name() == "useLongestLength") {
      if (element.type() != Type::Bool)
        raise(location(34463), "the useLongestLength of $zip must be a bool");
      longest = element.as_bool();
    } else {
      raise(location(34464), "$zip has no argument called '{}'", element.name());
    }
  }
  if (inputs.empty()) raise(location(34465), "$zip needs at least one input array");
  if (!defaults.empty() && !longest)
    raise(location(34466), "defaults of $zip need useLongestLength");
  if (!defaults.empty() && defaults.size() != inputs.size()) {
    raise(location(34467), "$zip needs as many defaults as inputs");
  }
  return std::make_unique<ZipNode>(std::move(inputs), std::move(defaults), longest);
}

}  // namespace freshet::query
