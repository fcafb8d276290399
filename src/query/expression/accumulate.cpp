// SPDX-License-Identifier: Apache-2.0
// Accumulators as expressions: $sum $avg $min $max $stdDevPop $stdDevSamp $median $percentile over
// arrays or operands.
#include "base/error.h"
#include "query/accumulator.h"
#include "query/expression/families.h"
#include "query/expression/percentile.h"

namespace freshet::query {
namespace {

void add_elements(Accumulator& state, const Value& array) {
  for (const auto& element : array.view().as_document())
    state.add(Value(element.value()), {});
}

class PercentileNode final : public Expression {
 public:
  PercentileNode(std::string_view name, PercentileArguments arguments)
      : name_(name), arguments_(std::move(arguments)) {}

  Value evaluate(EvalContext& context) const override {
    AccumulatorArguments arguments{name_, context.query.collation, 1, arguments_.percentiles};
    const auto state = find_accumulator(name_)->make(arguments);
    const Value input = arguments_.input->evaluate(context);
    if (input.view().is_array()) {
      add_elements(*state, input);
    } else {
      state->add(input, {});
    }
    return state->result();
  }
  void add_dependencies(Dependencies& out) const override {
    arguments_.input->add_dependencies(out);
  }

 private:
  std::string_view name_;
  PercentileArguments arguments_;
};

std::vector<double> percentiles_of(std::string_view op, const Value& list) {
  if (!list.view().is_array() || list.view().as_document().empty()) {
    raise(location(7750301), "the 'p' of {} must be a non-empty array of numbers between 0 and 1",
          op);
  }
  std::vector<double> out;
  for (const auto& element : list.view().as_document()) {
    if (!element.is_number()) raise(location(7750302), "the 'p' of {} must hold numbers only", op);
    const double p = element.number_as_double();
    if (!(p >= 0 && p <= 1))
      raise(location(7750303), "the 'p' of {} must hold numbers between 0 and 1", op);
    out.push_back(p);
  }
  return out;
}

}  // namespace

PercentileArguments parse_percentile_arguments(std::string_view op, ValueView spec,
                                               ParseScope& scope) {
  if (!spec.is_document()) {
    raise(location(op == "$median" ? 7436100 : 7429703),
          "the specification of {} must be an object, found {}", op, bson::type_alias(spec.type()));
  }
  PercentileArguments out;
  bson::Element method;
  for (const auto& element : spec.as_document()) {
    if (element.name() == "input") {
      out.input = parse_expression(element, scope);
    } else if (element.name() == "method") {
      method = element;
    } else if (element.name() == "p" && op == "$percentile") {
      const KnownValue known = known_value(parse_expression(element, scope));
      if (!known.known) raise(location(7750300), "the 'p' of {} must be a constant", op);
      out.percentiles = percentiles_of(op, known.value);
    } else {
      raise(ErrorCode::Location40415, "{} has no argument called '{}'", op, element.name());
    }
  }
  constexpr auto kMissing = location(40414);
  if (out.input == nullptr) raise(kMissing, "{} needs the argument 'input'", op);
  if (!method) raise(kMissing, "{} needs the argument 'method'", op);
  if (op == "$percentile" && out.percentiles.empty())
    raise(kMissing, "{} needs the argument 'p'", op);
  if (!method.is_string()) raise(ErrorCode::TypeMismatch, "the method of {} must be a string", op);
  if (method.as_string() != "approximate") {
    raise(ErrorCode::BadValue, "the method of {} can only be 'approximate'", op);
  }
  return out;
}

ExpressionPtr parse_percentile(const Operator& op, ValueView spec, ParseScope& scope) {
  return std::make_unique<PercentileNode>(op.name,
                                          parse_percentile_arguments(op.name, spec, scope));
}

Value eval_accumulate(const Operands& in) {
  AccumulatorArguments arguments;
  arguments.name = in.name();
  arguments.collation = in.collation();
  const auto state = find_accumulator(in.name())->make(arguments);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Value value = in[i];
    if (in.size() == 1 && value.view().is_array()) {
      add_elements(*state, value);
    } else {
      state->add(value, {});
    }
  }
  return state->result();
}

}  // namespace freshet::query
