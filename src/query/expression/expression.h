// SPDX-License-Identifier: Apache-2.0
// Aggregation expressions: a parsed tree, evaluated on one document at a time.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bson/value.h"
#include "bson/view.h"
#include "query/context.h"

namespace freshet::query {

/// How deep expressions may nest; deeper is an Overflow error.
inline constexpr int kExpressionDepthMax = 200;
/// What one computed string, array or document may hold; more is BSONObjectTooLarge.
inline constexpr std::size_t kExpressionBytesMax = std::size_t{64} << 20;

/// Where an expression is being evaluated. Variables are slots that parsing has numbered.
struct EvalContext {
  const QueryContext& query;
  bson::Value root;                    ///< $$ROOT; field paths start at current
  bson::Value current;                 ///< $$CURRENT
  std::vector<bson::Value> variables;  ///< by slot: $let, $map, $filter, $reduce
};

/// What an expression reads; for dependency analysis and pushdown.
struct Dependencies {
  std::set<std::string> paths;  ///< dotted field paths
  bool whole_document = false;  ///< $$ROOT, $$CURRENT
};

/// A node. Immutable and thread-safe; owns all it needs (nothing borrowed from the specification).
class Expression {
 public:
  virtual ~Expression() = default;
  /// Missing is a result like any other. Values may borrow from the document under evaluation or
  /// from the tree. Throws with MongoDB's codes.
  virtual bson::Value evaluate(EvalContext& context) const = 0;
  virtual void add_dependencies(Dependencies& out) const = 0;
  /// True when the result does not depend on the document.
  virtual bool is_constant() const { return false; }
};

using ExpressionPtr = std::unique_ptr<const Expression>;

/// Names in scope while parsing: variable name → slot. One per parsed root; nested scopes are
/// pushed and popped.
class ParseScope {
 public:
  explicit ParseScope(const QueryContext& context) : context_(&context) {}
  const QueryContext& query() const { return *context_; }
  /// Defines a user variable and returns its slot; throws FailedToParse for bad names.
  std::size_t push(std::string_view name);
  /// The same for names that users may not define ($redact's DESCEND, PRUNE, KEEP).
  std::size_t push_system(std::string_view name);
  void pop(std::size_t count = 1);
  /// The slot, or npos.
  std::size_t find(std::string_view name) const;
  /// How many slots evaluation needs.
  std::size_t slots() const { return slots_max_; }
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  int depth = 0;  ///< nesting of the expression being parsed; bounded (kExpressionDepthMax)

 private:
  const QueryContext* context_;
  std::vector<std::pair<std::string, std::size_t>> names_;
  std::size_t slots_max_ = 0;
};

/// Parses one operand: a literal, "$path", "$$variable", {$op: …}, a document or array of operands.
/// Operators whose operands are all constant are evaluated at once, so their errors come up here.
ExpressionPtr parse_expression(bson::ValueView spec, ParseScope& scope);

/// Whether `name` ("$add") is an operator of expressions.
bool is_expression_operator(std::string_view name);

/// Throws FailedToParse when users may not define a variable of that name.
void check_user_variable(std::string_view name);

/// An expression with its scope: parse once, evaluate on many documents from many threads.
class CompiledExpression {
 public:
  CompiledExpression(bson::ValueView spec, const QueryContext& context);
  /// The result may borrow from `document` and from this.
  bson::Value evaluate(bson::View document, const QueryContext& context) const;
  const Expression& root() const { return *root_; }

 private:
  ExpressionPtr root_;
  std::size_t slots_;
};

}  // namespace freshet::query
