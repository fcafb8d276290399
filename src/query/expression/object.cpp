// SPDX-License-Identifier: Apache-2.0
// $objectToArray $arrayToObject $mergeObjects $getField $setField $unsetField.
#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

std::string_view alias(ValueView value) {
  return value.missing() ? std::string_view("missing") : bson::type_alias(value.type());
}

/// Fields in order of first appearance, each with its last value.
class FieldList {
 public:
  void set(std::string_view name, ValueView value) {
    const auto found =
        std::ranges::find(fields_, name, [](const auto& field) { return field.first; });
    if (found == fields_.end()) {
      fields_.emplace_back(name, value);
    } else {
      found->second = value;
    }
  }
  Value document() const {
    bson::Builder out;
    for (const auto& [name, value] : fields_)
      out.add(name, value);
    check_size(out.size_bytes());
    return Value::document(out.take());
  }

 private:
  std::vector<std::pair<std::string_view, ValueView>> fields_;
};

std::string_view checked_key(std::string_view name, int zero_code) {
  if (name.find('\0') != std::string_view::npos)
    raise(location(zero_code), "a key may not hold a zero byte");
  return name;
}

/// ["name", value].
void set_from_pair(FieldList& fields, bson::View pair) {
  if (pair.count() != 2)
    raise(location(40397), "$arrayToObject needs arrays of two elements: key and value");
  auto at = pair.begin();
  if (!at->is_string()) {
    raise(location(40395), "$arrayToObject needs string keys, found {}", alias(at->value()));
  }
  const auto name = checked_key(at->as_string(), 4940400);
  ++at;
  fields.set(name, at->value());
}

/// {k: "name", v: value}.
void set_from_object(FieldList& fields, bson::View object) {
  if (object.count() != 2)
    raise(location(40392), "$arrayToObject needs objects with exactly the keys 'k' and 'v'");
  const bson::Element key = object["k"];
  const bson::Element value = object["v"];
  if (!key || !value)
    raise(location(40393), "$arrayToObject needs objects with the keys 'k' and 'v'");
  if (!key.is_string())
    raise(location(40394), "$arrayToObject needs string keys, found {}", alias(key));
  fields.set(checked_key(key.as_string(), 4940401), value);
}

/// $setField and $unsetField: one field of a computed document, by its exact name.
class SetFieldNode final : public Expression {
 public:
  SetFieldNode(std::string_view op, std::string field, ExpressionPtr input, ExpressionPtr value)
      : op_(op), field_(std::move(field)), input_(std::move(input)), value_(std::move(value)) {}

  Value evaluate(EvalContext& context) const override {
    const Value input = input_->evaluate(context);
    if (input.nullish()) return Value::null();
    if (!input.view().is_document()) {
      raise(location(4161105), "the input of {} must be an object, found {}", op_, alias(input));
    }
    const Value value = value_ ? value_->evaluate(context) : Value();
    bson::Builder out;
    bool written = false;
    for (const auto& element : input.view().as_document()) {
      if (element.name() != field_) {
        out.add(element);
      } else if (!value.missing() && !written) {
        out.add(field_, value.view());
        written = true;
      }
    }
    if (!value.missing() && !written) out.add(field_, value.view());
    check_size(out.size_bytes());
    return Value::document(out.take());
  }
  void add_dependencies(Dependencies& out) const override {
    input_->add_dependencies(out);
    if (value_) value_->add_dependencies(out);
  }

 private:
  std::string_view op_;
  std::string field_;
  ExpressionPtr input_;
  ExpressionPtr value_;
};

/// The name of a field given as constant string ("a", {$literal: "$a"}, {$const: …}).
std::string constant_field(const Operator& op, ValueView spec, ParseScope& scope) {
  if (spec.is_string() && spec.as_string().starts_with('$')) {
    raise(location(4161108), "the field of {} must be a constant string, not a path", op.name);
  }
  const KnownValue known = known_value(parse_expression(spec, scope));
  if (!known.known) raise(location(4161106), "the field of {} must be a constant", op.name);
  if (!known.value.view().is_string()) {
    raise(location(4161107), "the field of {} must be a string, found {}", op.name,
          alias(known.value));
  }
  return std::string(known.value.view().as_string());
}

/// {$getField: {field, input}}: the field's name is a string computed once or per document.
class GetFieldNode final : public Expression {
 public:
  GetFieldNode(ExpressionPtr field, ExpressionPtr input)
      : field_(std::move(field)), input_(std::move(input)) {}

  Value evaluate(EvalContext& context) const override {
    const Value field = field_->evaluate(context);
    if (!field.view().is_string()) {
      raise(location(3041704), "the field of $getField must be a string, found {}", alias(field));
    }
    const Value input = input_->evaluate(context);
    if (input.missing()) return {};
    if (input.nullish()) return Value::null();
    if (!input.view().is_document()) return {};
    return input.part(input.view().as_document()[field.view().as_string()].value());
  }
  void add_dependencies(Dependencies& out) const override {
    field_->add_dependencies(out);
    input_->add_dependencies(out);
  }

 private:
  ExpressionPtr field_;
  ExpressionPtr input_;
};

}  // namespace

Value eval_object_to_array(const Operands& in) {
  const Value object = in[0];
  if (object.nullish()) return Value::null();
  if (!object.view().is_document()) {
    raise(location(40390), "$objectToArray needs an object, found {}", alias(object));
  }
  bson::Builder out;
  for (const auto& element : object.view().as_document()) {
    out.push_document().add("k", element.name()).add("v", element.value()).close();
  }
  return finish_array(out);
}

Value eval_array_to_object(const Operands& in) {
  const Value array = in[0];
  if (array.nullish()) return Value::null();
  if (!array.view().is_array()) {
    raise(location(40386), "$arrayToObject needs an array, found {}", alias(array));
  }
  FieldList fields;
  Type form = Type::Missing;
  for (const auto& element : array.view().as_document()) {
    if (form == Type::Missing) {
      form = element.type();
      if (form != Type::Array && form != Type::Document) {
        raise(location(40398), "$arrayToObject cannot take elements of type {}", alias(element));
      }
    }
    if (element.type() != form) {
      raise(location(form == Type::Array ? 40396 : 40391),
            "$arrayToObject needs either all pairs or all objects, found {}", alias(element));
    }
    if (form == Type::Array) {
      set_from_pair(fields, element.as_document());
    } else {
      set_from_object(fields, element.as_document());
    }
  }
  return fields.document();
}

Value eval_merge_objects(const Operands& in) {
  FieldList fields;
  std::vector<Value> alive;  // what the list's views point into
  const auto merge = [&](ValueView object) {
    if (object.nullish()) return;
    if (!object.is_document()) {
      raise(location(40400), "$mergeObjects needs objects, found {}", alias(object));
    }
    for (const auto& element : object.as_document())
      fields.set(element.name(), element.value());
  };
  for (std::size_t i = 0; i < in.size(); ++i) {
    alive.push_back(in[i]);
    const ValueView operand = alive.back().view();
    if (in.size() == 1 && operand.is_array()) {
      for (const auto& element : operand.as_document())
        merge(element);
    } else {
      merge(operand);
    }
  }
  return fields.document();
}

ExpressionPtr parse_get_field(const Operator&, ValueView spec, ParseScope& scope) {
  ExpressionPtr field;
  ExpressionPtr input;
  const bool is_object = spec.is_document();
  const bool is_shorthand = !is_object || (!spec.as_document().empty() &&
                                           (*spec.as_document().begin()).name().starts_with('$'));
  if (is_shorthand) {
    field = parse_expression(spec, scope);
    input = parse_path("$$CURRENT", scope);
  } else {
    for (const auto& element : spec.as_document()) {
      if (element.name() == "field") {
        field = parse_expression(element, scope);
      } else if (element.name() == "input") {
        input = parse_expression(element, scope);
      } else {
        raise(location(3041701), "$getField has no argument called '{}'", element.name());
      }
    }
    if (field == nullptr) raise(location(3041702), "$getField needs the argument 'field'");
    if (input == nullptr) raise(location(3041703), "$getField needs the argument 'input'");
  }
  const KnownValue known = known_value(field);
  if (known.known && !known.value.view().is_string()) {
    raise(location(5654602), "the field of $getField must be a string, found {}",
          alias(known.value));
  }
  return std::make_unique<GetFieldNode>(std::move(field), std::move(input));
}

ExpressionPtr parse_set_field(const Operator& op, ValueView spec, ParseScope& scope) {
  const bool unset = op.name == "$unsetField";
  if (!spec.is_document())
    raise(location(4161100), "{} takes an object, found {}", op.name, alias(spec));
  bson::Element field;
  ExpressionPtr input;
  ExpressionPtr value;
  for (const auto& element : spec.as_document()) {
    if (element.name() == "field") {
      field = element;
    } else if (element.name() == "input") {
      input = parse_expression(element, scope);
    } else if (element.name() == "value" && !unset) {
      value = parse_expression(element, scope);
    } else {
      raise(location(4161101), "{} has no argument called '{}'", op.name, element.name());
    }
  }
  if (!field) raise(location(4161102), "{} needs the argument 'field'", op.name);
  if (!unset && value == nullptr)
    raise(location(4161103), "{} needs the argument 'value'", op.name);
  if (input == nullptr) raise(location(4161109), "{} needs the argument 'input'", op.name);
  return std::make_unique<SetFieldNode>(op.name, constant_field(op, field, scope), std::move(input),
                                        std::move(value));
}

}  // namespace freshet::query
