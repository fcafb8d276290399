// SPDX-License-Identifier: Apache-2.0
// Parsing of operands and the nodes that are not operators: constants, field paths, variables,
// document and array literals.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/operation.h"
#include "bson/decimal.h"
#include "query/expression/node.h"
#include "query/path.h"

namespace freshet::query {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const auto dot = path.find('.', start);
    parts.emplace_back(path.substr(start, dot - start));
    if (dot == std::string_view::npos) return parts;
    start = dot + 1;
  }
}

using Parts = std::span<const std::string>;

Value walk(const Value& holder, bson::View document, Parts parts);

/// A path into an array gives the array of what its documents give; nested arrays give nothing.
Value walk_array(const Value& holder, bson::View array, Parts parts) {
  bson::Builder out;
  for (const auto& element : array) {
    if (!element.is_document()) continue;
    const Value found = walk(holder, element.as_document(), parts);
    if (!found.missing()) out.push(found.view());
  }
  return Value::array(out.take());
}

/// `holder` is the value that keeps `document` alive.
Value walk(const Value& holder, bson::View document, Parts parts) {
  const bson::Element element = document[parts.front()];
  if (parts.size() == 1) return holder.part(element.value());
  if (element.is_document()) return walk(holder, element.as_document(), parts.subspan(1));
  if (element.is_array()) return walk_array(holder, element.as_document(), parts.subspan(1));
  return {};
}

Value walk_value(const Value& start, Parts parts) {
  if (parts.empty()) return start;
  const ValueView view = start.view();
  if (view.is_array()) return walk_array(start, view.as_document(), parts);
  if (!view.is_document()) return {};
  return walk(start, view.as_document(), parts);
}

enum class Base : std::uint8_t { Current, Root, Slot };

class PathNode final : public Expression {
 public:
  PathNode(Base base, std::size_t slot, std::vector<std::string> parts)
      : base_(base), slot_(slot), parts_(std::move(parts)) {}

  Value evaluate(EvalContext& context) const override {
    switch (base_) {
      case Base::Current:
        return walk_value(context.current, parts_);
      case Base::Root:
        return walk_value(context.root, parts_);
      case Base::Slot:
        return walk_value(context.variables[slot_], parts_);
    }
    return {};
  }

  void add_dependencies(Dependencies& out) const override {
    if (base_ == Base::Slot) return;
    if (parts_.empty()) {
      out.whole_document = true;
      return;
    }
    std::string path = parts_.front();
    for (std::size_t i = 1; i < parts_.size(); ++i)
      path += "." + parts_[i];
    out.paths.insert(std::move(path));
  }

 private:
  Base base_;
  std::size_t slot_;
  std::vector<std::string> parts_;
};

/// A variable of an enclosing $lookup: one value for each of its documents, so never folded into
/// what it is an operand of.
class CorrelatedNode final : public Expression {
 public:
  CorrelatedNode(std::string_view name, std::vector<std::string> parts)
      : name_(name), parts_(std::move(parts)) {}
  Value evaluate(EvalContext& context) const override {
    return walk_value(Value(context.query.correlated->values[name_].value()), parts_);
  }
  void add_dependencies(Dependencies&) const override {}

 private:
  const std::string name_;
  std::vector<std::string> parts_;
};

bool is_correlated(std::string_view name, const QueryContext& query) {
  return query.correlated != nullptr &&
         std::ranges::find(query.correlated->names, name) != query.correlated->names.end();
}

class ObjectNode final : public Expression {
 public:
  explicit ObjectNode(std::vector<std::pair<std::string, ExpressionPtr>> fields)
      : fields_(std::move(fields)) {}

  Value evaluate(EvalContext& context) const override {
    bson::Builder out;
    for (const auto& [name, field] : fields_) {
      out.add(name, field->evaluate(context).view());
      check_size(out.size_bytes());
    }
    return Value::document(out.take());
  }
  void add_dependencies(Dependencies& out) const override {
    for (const auto& [name, field] : fields_)
      field->add_dependencies(out);
  }
  bool all_constant() const {
    return std::ranges::all_of(fields_,
                               [](const auto& field) { return field.second->is_constant(); });
  }

 private:
  std::vector<std::pair<std::string, ExpressionPtr>> fields_;
};

class ArrayNode final : public Expression {
 public:
  explicit ArrayNode(OperandList elements) : elements_(std::move(elements)) {}

  Value evaluate(EvalContext& context) const override {
    bson::Builder out;
    for (const auto& element : elements_)
      push_value(out, element->evaluate(context));
    return finish_array(out);
  }
  void add_dependencies(Dependencies& out) const override {
    for (const auto& element : elements_)
      element->add_dependencies(out);
  }
  bool all_constant() const {
    return std::ranges::all_of(elements_,
                               [](const auto& element) { return element->is_constant(); });
  }

 private:
  OperandList elements_;
};

/// Replaces a node that needs no document by its value.
template <typename Node>
ExpressionPtr fold(std::unique_ptr<Node> node, ParseScope& scope) {
  if (!node->all_constant()) return node;
  EvalContext context{scope.query(), Value(), Value(), {}};
  return constant(node->evaluate(context));
}

void check_field_name(std::string_view name) {
  if (name.empty()) raise(location(15998), "field names in an object expression may not be empty");
  if (name.front() == '$') {
    raise(location(16410), "field name '{}' in an object expression may not begin with '$'", name);
  }
  if (name.find('.') != std::string_view::npos) {
    raise(location(16412), "field name '{}' in an object expression may not hold a '.'", name);
  }
}

ExpressionPtr parse_object(bson::View spec, ParseScope& scope) {
  std::vector<std::pair<std::string, ExpressionPtr>> fields;
  for (const auto& element : spec) {
    const auto name = element.name();
    check_field_name(name);
    if (std::ranges::any_of(fields, [&](const auto& field) { return field.first == name; })) {
      raise(location(16406), "duplicate field name in an object expression: '{}'", name);
    }
    fields.emplace_back(std::string(name), parse_expression(element, scope));
  }
  return fold(std::make_unique<ObjectNode>(std::move(fields)), scope);
}

ExpressionPtr parse_operator(bson::View spec, ParseScope& scope) {
  const bson::Element first = *spec.begin();
  if (spec.count() != 1) {
    raise(location(15983),
          "an object that holds an expression must have exactly one field, found {} beside {}",
          spec.count() - 1, first.name());
  }
  const Operator* op = find_operator(first.name());
  if (op == nullptr)
    raise(ErrorCode::InvalidPipelineOperator, "Unrecognized expression '{}'", first.name());
  if (op->parse != nullptr) return op->parse(*op, first, scope);
  if (op->named != nullptr) {
    return make_operator(*op, parse_named(op->name, *op->named, first, scope), scope);
  }
  OperandList operands = parse_positional(first, scope);
  const auto count = operands.size();
  if (count < op->operands_min || (op->operands_max != kAnyNumber && count > op->operands_max)) {
    if (op->arity_code != 0) {
      raise(location(op->arity_code), "{} does not take {} arguments", op->name, count);
    }
    if (op->operands_min == op->operands_max) {
      raise(location(16020), "{} takes exactly {} arguments, {} were given", op->name,
            op->operands_min, count);
    }
    raise(location(28667), "{} takes at least {} and at most {} arguments, {} were given", op->name,
          op->operands_min, op->operands_max, count);
  }
  return make_operator(*op, std::move(operands), scope);
}

ExpressionPtr parse_array(bson::View spec, ParseScope& scope) {
  OperandList elements;
  for (const auto& element : spec)
    elements.push_back(parse_expression(element, scope));
  return fold(std::make_unique<ArrayNode>(std::move(elements)), scope);
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

void check_variable_name(std::string_view name, bool defining) {
  if (name.empty()) raise(ErrorCode::FailedToParse, "empty variable names are not allowed");
  const char first = name.front();
  const bool lower = (first >= 'a' && first <= 'z') || static_cast<unsigned char>(first) >= 0x80;
  const bool upper = first >= 'A' && first <= 'Z';
  if (!(lower || (upper && !defining)) && name != "CURRENT") {
    raise(ErrorCode::FailedToParse,
          "'{}' starts with a character that variable names may not start with", name);
  }
  if (!std::ranges::all_of(name, is_name_char)) {
    raise(ErrorCode::FailedToParse, "'{}' holds a character that variable names may not hold",
          name);
  }
}

/// Variables that the command or the server defines.
KnownValue system_variable(std::string_view name, const QueryContext& query) {
  if (name == "REMOVE" || name == "SEARCH_META") return {true, Value()};
  if (name == "NOW") return {true, Value::date(query.now_ms)};
  if (name == "USER_ROLES") return {true, Value::array(bson::Builder().take())};
  if (name == "CLUSTER_TIME") {
    if (query.cluster_time.value() == 0) {
      raise(location(51144), "the variable '$$CLUSTER_TIME' is not available here");
    }
    return {true, Value::timestamp(query.cluster_time)};
  }
  const bson::Element element = query.let[name];
  if (element) return {true, Value::copy(element)};
  return {};
}

}  // namespace

void check_user_variable(std::string_view name) {
  check_variable_name(name, true);
}

std::size_t ParseScope::push(std::string_view name) {
  check_variable_name(name, true);
  return push_system(name);
}

std::size_t ParseScope::push_system(std::string_view name) {
  const std::size_t slot = names_.size();
  names_.emplace_back(std::string(name), slot);
  slots_max_ = std::max(slots_max_, names_.size());
  return slot;
}

void ParseScope::pop(std::size_t count) {
  names_.resize(names_.size() - count);
}

std::size_t ParseScope::find(std::string_view name) const {
  const auto found = std::find_if(names_.rbegin(), names_.rend(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == names_.rend() ? npos : found->second;
}

ExpressionPtr parse_path(std::string_view text, ParseScope& scope) {
  if (text.size() < 2) raise(location(16872), "'$' by itself is not a valid field path");
  if (text[1] != '$') {
    const auto path = text.substr(1);
    check_field_path(path);
    const auto slot = scope.find("CURRENT");
    if (slot != ParseScope::npos)
      return std::make_unique<PathNode>(Base::Slot, slot, split_path(path));
    return std::make_unique<PathNode>(Base::Current, 0, split_path(path));
  }
  const auto path = text.substr(2);
  const auto dot = path.find('.');
  const auto name = path.substr(0, dot);
  check_variable_name(name, false);
  std::vector<std::string> parts;
  if (dot != std::string_view::npos) {
    check_field_path(path);
    parts = split_path(path.substr(dot + 1));
  }
  const auto slot = scope.find(name);
  if (slot != ParseScope::npos)
    return std::make_unique<PathNode>(Base::Slot, slot, std::move(parts));
  if (name == "ROOT") return std::make_unique<PathNode>(Base::Root, 0, std::move(parts));
  if (name == "CURRENT") return std::make_unique<PathNode>(Base::Current, 0, std::move(parts));
  if (is_correlated(name, scope.query())) {
    return std::make_unique<CorrelatedNode>(name, std::move(parts));
  }
  const KnownValue known = system_variable(name, scope.query());
  if (!known.known) raise(location(17276), "Use of undefined variable: {}", name);
  return constant(walk_value(known.value, parts));
}

ExpressionPtr parse_expression(ValueView spec, ParseScope& scope) {
  struct DepthGuard {
    int& depth;
    explicit DepthGuard(int& d) : depth(d) { ++depth; }
    ~DepthGuard() { --depth; }
    DepthGuard(const DepthGuard&) = delete;
    DepthGuard& operator=(const DepthGuard&) = delete;
  };
  if (scope.depth >= kExpressionDepthMax) {
    raise(ErrorCode::Overflow, "expressions may nest at most {} deep", kExpressionDepthMax);
  }
  const DepthGuard guard(scope.depth);
  if (spec.is_string() && !spec.as_string().empty() && spec.as_string().front() == '$') {
    return parse_path(spec.as_string(), scope);
  }
  if (spec.is_array()) return parse_array(spec.as_document(), scope);
  if (spec.is_document()) {
    const bson::View document = spec.as_document();
    if (!document.empty() && (*document.begin()).name().starts_with('$'))
      return parse_operator(document, scope);
    return parse_object(document, scope);
  }
  return constant(Value(spec));
}

bool is_expression_operator(std::string_view name) {
  return find_operator(name) != nullptr;
}

CompiledExpression::CompiledExpression(ValueView spec, const QueryContext& context) : slots_(0) {
  ParseScope scope(context);
  root_ = parse_expression(spec, scope);
  slots_ = scope.slots();
}

Value CompiledExpression::evaluate(bson::View document, const QueryContext& context) const {
  const Value root(ValueView(Type::Document, document.data(), document.size_bytes()));
  EvalContext evaluation{context, root, root, std::vector<Value>(slots_)};
  return root_->evaluate(evaluation);
}

}  // namespace freshet::query
