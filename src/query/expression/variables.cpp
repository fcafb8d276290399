// SPDX-License-Identifier: Apache-2.0
// Operators that bind variables: $let $map $filter $reduce; and $literal.
#include <limits>

#include "base/error.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

class LetNode final : public Expression {
 public:
  struct Binding {
    std::size_t slot;
    ExpressionPtr value;
  };
  LetNode(std::vector<Binding> bindings, ExpressionPtr body)
      : bindings_(std::move(bindings)), body_(std::move(body)) {}

  Value evaluate(EvalContext& context) const override {
    for (const auto& binding : bindings_)
      context.variables[binding.slot] = binding.value->evaluate(context);
    return body_->evaluate(context);
  }
  void add_dependencies(Dependencies& out) const override {
    for (const auto& binding : bindings_)
      binding.value->add_dependencies(out);
    body_->add_dependencies(out);
  }

 private:
  std::vector<Binding> bindings_;
  ExpressionPtr body_;
};

/// What $map, $filter and $reduce share: an input and a body run for each of its elements.
class LoopNode : public Expression {
 public:
  LoopNode(ExpressionPtr input, ExpressionPtr body)
      : input_(std::move(input)), body_(std::move(body)) {}
  void add_dependencies(Dependencies& out) const override {
    input_->add_dependencies(out);
    body_->add_dependencies(out);
  }

 protected:
  /// The input; null or missing gives null, anything but an array is an error.
  Value input(EvalContext& context, std::string_view op, int code) const {
    Value value = input_->evaluate(context);
    if (value.nullish()) return Value::null();
    if (!value.view().is_array()) {
      raise(location(code), "the input of {} must be an array, found {}", op,
            bson::type_alias(value.type()));
    }
    return value;
  }
  const Expression& body() const { return *body_; }

 private:
  ExpressionPtr input_;
  ExpressionPtr body_;
};

class MapNode final : public LoopNode {
 public:
  MapNode(std::size_t slot, ExpressionPtr input, ExpressionPtr body)
      : LoopNode(std::move(input), std::move(body)), slot_(slot) {}

  Value evaluate(EvalContext& context) const override {
    const Value array = input(context, "$map", 16883);
    if (array.nullish()) return Value::null();
    bson::Builder out;
    for (const auto& element : array.view().as_document()) {
      check_interrupt(context);
      context.variables[slot_] = array.part(element);
      push_value(out, body().evaluate(context));
    }
    return finish_array(out);
  }

 private:
  std::size_t slot_;
};

class FilterNode final : public LoopNode {
 public:
  FilterNode(std::size_t slot, ExpressionPtr input, ExpressionPtr body, ExpressionPtr limit)
      : LoopNode(std::move(input), std::move(body)), slot_(slot), limit_(std::move(limit)) {}

  Value evaluate(EvalContext& context) const override {
    const Value array = input(context, "$filter", 28651);
    if (array.nullish()) return Value::null();
    std::int64_t left = limit(context);
    bson::Builder out;
    for (const auto& element : array.view().as_document()) {
      if (left == 0) break;
      check_interrupt(context);
      context.variables[slot_] = array.part(element);
      if (!body().evaluate(context).view().truthy()) continue;
      out.push(element.value());
      --left;
    }
    return finish_array(out);
  }

  void add_dependencies(Dependencies& out) const override {
    LoopNode::add_dependencies(out);
    if (limit_) limit_->add_dependencies(out);
  }

 private:
  std::int64_t limit(EvalContext& context) const {
    if (limit_ == nullptr) return std::numeric_limits<std::int64_t>::max();
    const Value value = limit_->evaluate(context);
    if (value.nullish()) return std::numeric_limits<std::int64_t>::max();
    if (!is_integral_int32(value))
      raise(location(327391), "the limit of $filter must be an integer");
    const std::int64_t count = value.view().number_as_int64();
    if (count < 1) raise(location(327392), "the limit of $filter must be greater than 0");
    return count;
  }

  std::size_t slot_;
  ExpressionPtr limit_;
};

class ReduceNode final : public LoopNode {
 public:
  ReduceNode(std::size_t this_slot, std::size_t value_slot, ExpressionPtr input,
             ExpressionPtr initial, ExpressionPtr body)
      : LoopNode(std::move(input), std::move(body)),
        this_slot_(this_slot),
        value_slot_(value_slot),
        initial_(std::move(initial)) {}

  Value evaluate(EvalContext& context) const override {
    const Value array = input(context, "$reduce", 40080);
    if (array.nullish()) return Value::null();
    Value result = initial_->evaluate(context);
    for (const auto& element : array.view().as_document()) {
      check_interrupt(context);
      context.variables[this_slot_] = array.part(element);
      context.variables[value_slot_] = result;
      result = body().evaluate(context);
    }
    return result;
  }

  void add_dependencies(Dependencies& out) const override {
    LoopNode::add_dependencies(out);
    initial_->add_dependencies(out);
  }

 private:
  std::size_t this_slot_;
  std::size_t value_slot_;
  ExpressionPtr initial_;
};

/// The elements of an object argument by name; throws for others.
class Arguments {
 public:
  Arguments(std::string_view op, ValueView spec, int not_object_code, int unknown_code,
            std::initializer_list<std::string_view> known)
      : op_(op) {
    if (!spec.is_document()) {
      raise(location(not_object_code), "{} takes an object, found {}", op,
            bson::type_alias(spec.type()));
    }
    document_ = spec.as_document();
    for (const auto& element : document_) {
      bool found = false;
      for (const auto name : known)
        found = found || name == element.name();
      if (!found)
        raise(location(unknown_code), "{} has no argument called '{}'", op, element.name());
    }
  }
  bson::Element optional(std::string_view name) const { return document_[name]; }
  bson::Element required(std::string_view name, int code) const {
    const bson::Element element = document_[name];
    if (!element) raise(location(code), "{} needs the argument '{}'", op_, name);
    return element;
  }

 private:
  std::string_view op_;
  bson::View document_;
};

/// The variable's name of $map and $filter; "this" when not given.
std::string_view loop_variable(std::string_view op, bson::Element as) {
  if (!as) return "this";
  if (!as.is_string()) raise(ErrorCode::FailedToParse, "the 'as' of {} must be a string", op);
  return as.as_string();
}

}  // namespace

ExpressionPtr parse_literal(const Operator&, ValueView spec, ParseScope&) {
  return constant(Value(spec));
}

ExpressionPtr parse_let(const Operator& op, ValueView spec, ParseScope& scope) {
  const Arguments arguments(op.name, spec, 16874, 16875, {"vars", "in"});
  const bson::Element vars = arguments.required("vars", 16876);
  const bson::Element in = arguments.required("in", 16877);
  if (!vars.is_document()) {
    raise(location(10065), "the 'vars' of $let must be an object, found {}",
          bson::type_alias(vars.type()));
  }
  std::vector<ExpressionPtr> values;
  std::vector<LetNode::Binding> bindings;
  // All values are parsed before any name counts, and are evaluated into slots that none of them
  // reads.
  for (const auto& element : vars.as_document()) {
    const std::size_t reserved = scope.push_system("");
    values.push_back(parse_expression(element, scope));
    bindings.push_back({reserved, nullptr});
  }
  scope.pop(bindings.size());
  for (const auto& element : vars.as_document())
    scope.push(element.name());
  for (std::size_t i = 0; i < values.size(); ++i)
    bindings[i].value = std::move(values[i]);
  ExpressionPtr body = parse_expression(in, scope);
  scope.pop(bindings.size());
  return std::make_unique<LetNode>(std::move(bindings), std::move(body));
}

ExpressionPtr parse_map(const Operator& op, ValueView spec, ParseScope& scope) {
  const Arguments arguments(op.name, spec, 16878, 16879, {"input", "as", "in"});
  const bson::Element input = arguments.required("input", 16880);
  const bson::Element in = arguments.required("in", 16882);
  const std::string_view name = loop_variable(op.name, arguments.optional("as"));
  ExpressionPtr parsed_input = parse_expression(input, scope);
  const std::size_t slot = scope.push(name);
  ExpressionPtr body = parse_expression(in, scope);
  scope.pop();
  return std::make_unique<MapNode>(slot, std::move(parsed_input), std::move(body));
}

ExpressionPtr parse_filter(const Operator& op, ValueView spec, ParseScope& scope) {
  const Arguments arguments(op.name, spec, 28646, 28647, {"input", "as", "cond", "limit"});
  const bson::Element input = arguments.required("input", 28648);
  const bson::Element cond = arguments.required("cond", 28650);
  const bson::Element limit = arguments.optional("limit");
  const std::string_view name = loop_variable(op.name, arguments.optional("as"));
  ExpressionPtr parsed_input = parse_expression(input, scope);
  ExpressionPtr parsed_limit = limit ? parse_expression(limit, scope) : nullptr;
  const std::size_t slot = scope.push(name);
  ExpressionPtr body = parse_expression(cond, scope);
  scope.pop();
  return std::make_unique<FilterNode>(slot, std::move(parsed_input), std::move(body),
                                      std::move(parsed_limit));
}

ExpressionPtr parse_reduce(const Operator& op, ValueView spec, ParseScope& scope) {
  const Arguments arguments(op.name, spec, 40075, 40076, {"input", "initialValue", "in"});
  const bson::Element input = arguments.required("input", 40077);
  const bson::Element initial = arguments.required("initialValue", 40078);
  const bson::Element in = arguments.required("in", 40079);
  ExpressionPtr parsed_input = parse_expression(input, scope);
  ExpressionPtr parsed_initial = parse_expression(initial, scope);
  const std::size_t this_slot = scope.push("this");
  const std::size_t value_slot = scope.push("value");
  ExpressionPtr body = parse_expression(in, scope);
  scope.pop(2);
  return std::make_unique<ReduceNode>(this_slot, value_slot, std::move(parsed_input),
                                      std::move(parsed_initial), std::move(body));
}

}  // namespace freshet::query
