// SPDX-License-Identifier: Apache-2.0
// What the families of operators are made of: the node for "operator with operands" and the row
// that describes one. Internal to this folder.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "bson/value.h"
#include "query/expression/expression.h"
#include "query/expression/integral.h"

namespace freshet::query {

using bson::Type;
using bson::Value;
using bson::ValueView;

/// What an operator works out once, from operands that are constant (a time zone, a compiled
/// pattern).
struct Prepared {
  virtual ~Prepared() = default;
};
using PreparedPtr = std::unique_ptr<const Prepared>;
using OperandList = std::vector<ExpressionPtr>;  ///< null where an optional named operand is absent

/// The operands of one evaluation; each is evaluated when asked for.
class Operands {
 public:
  Operands(std::string_view name, const OperandList& list, const Prepared* prepared,
           EvalContext& context)
      : name_(name), list_(list), prepared_(prepared), context_(context) {}
  std::string_view name() const { return name_; }
  std::size_t size() const { return list_.size(); }
  bool has(std::size_t index) const { return index < list_.size() && list_[index] != nullptr; }
  /// Missing when absent.
  Value operator[](std::size_t index) const {
    return has(index) ? list_[index]->evaluate(context_) : Value();
  }
  const Expression& node(std::size_t index) const { return *list_[index]; }
  EvalContext& context() const { return context_; }
  const bson::StringOrder* collation() const { return context_.query.collation; }
  template <typename T>
  const T* prepared() const {
    return static_cast<const T*>(prepared_);
  }

 private:
  std::string_view name_;
  const OperandList& list_;
  const Prepared* prepared_;
  EvalContext& context_;
};

/// One named operand: {$dateAdd: {startDate: …}}. `missing_code` 0 means optional.
struct NamedOperand {
  std::string_view name;
  std::int32_t missing_code = 0;
};

struct NamedOperands {
  std::span<const NamedOperand> operands;
  std::int32_t not_object_code;
  std::int32_t unknown_code;
};

/// One row of the operator table. Exactly one of `parse` and `evaluate` is set.
struct Operator {
  std::string_view name;
  Value (*evaluate)(const Operands&) = nullptr;
  std::uint8_t operands_min = 0;
  std::uint8_t operands_max = 255;  ///< 255: any number
  std::int32_t arity_code = 0;      ///< 0: MongoDB's usual codes
  const NamedOperands* named = nullptr;
  PreparedPtr (*prepare)(const OperandList&) = nullptr;
  ExpressionPtr (*parse)(const Operator&, ValueView spec, ParseScope&) = nullptr;
  bool pure = true;  ///< false: not folded when all operands are constant
};

constexpr std::uint8_t kAnyNumber = 255;

/// Null when there is none of that name.
const Operator* find_operator(std::string_view name);

/// An operator whose operands are evaluated by a function.
class OperatorNode final : public Expression {
 public:
  OperatorNode(const Operator& op, OperandList operands);
  Value evaluate(EvalContext& context) const override {
    return op_.evaluate(Operands(op_.name, operands_, prepared_.get(), context));
  }
  void add_dependencies(Dependencies& out) const override;
  bool is_constant() const override { return false; }

 private:
  const Operator& op_;
  OperandList operands_;
  PreparedPtr prepared_;
};

class Constant final : public Expression {
 public:
  explicit Constant(const Value& value) : value_(value.owned()) {}
  Value evaluate(EvalContext&) const override { return value_; }
  void add_dependencies(Dependencies&) const override {}
  bool is_constant() const override { return true; }
  const Value& value() const { return value_; }

 private:
  Value value_;
};

ExpressionPtr constant(const Value& value);
/// The value of an operand known at parse time, or Missing with `known` false.
struct KnownValue {
  bool known = false;
  Value value;
};
KnownValue known_value(const ExpressionPtr& operand);

/// "$a.b" and "$$x.y"; `text` includes the dollars.
ExpressionPtr parse_path(std::string_view text, ParseScope& scope);

/// {a: …} with named operands: parsed in the order of `named.operands`.
OperandList parse_named(std::string_view op, const NamedOperands& named, ValueView spec,
                        ParseScope& scope);
/// The operands of {$op: spec}: the elements of an array, or one.
OperandList parse_positional(ValueView spec, ParseScope& scope);
/// Folds an operator whose operands are all constant.
ExpressionPtr make_operator(const Operator& op, OperandList operands, ParseScope& scope);

// Helpers that every family uses.

/// Appends with the next index; missing becomes null.
void push_value(bson::Builder& array, const Value& value);
/// Throws BSONObjectTooLarge when a computed value outgrows kExpressionBytesMax.
void check_size(std::size_t bytes);
Value finish_array(bson::Builder& builder);
/// The operation's interrupt and deadline, where there is an operation.
void check_interrupt(const EvalContext& context);

}  // namespace freshet::query
