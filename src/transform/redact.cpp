// SPDX-License-Identifier: Apache-2.0
// $redact: an expression decides, level by level, what of a document stays.
#include "transform/redact.h"

#include "base/error.h"
#include "bson/builder.h"
#include "query/expression/expression.h"

namespace freshet::transform {
namespace {

using bson::Value;
using bson::ValueView;
using bson::View;

/// What the three variables hold; an expression that gives the same text means the same.
constexpr std::string_view kDescend = "descend";
constexpr std::string_view kPrune = "prune";
constexpr std::string_view kKeep = "keep";

class Redact final : public Transform {
 public:
  Redact(ValueView spec, const query::QueryContext& context) {
    query::ParseScope scope(context);
    descend_ = scope.push_system("DESCEND");
    prune_ = scope.push_system("PRUNE");
    keep_ = scope.push_system("KEEP");
    expression_ = query::parse_expression(spec, scope);
    slots_ = scope.slots();
  }

  Result apply(View document, const query::QueryContext& context) const override {
    const Value root(ValueView(bson::Type::Document, document.data(), document.size_bytes()));
    query::EvalContext evaluation{context, root, root, std::vector<Value>(slots_)};
    evaluation.variables[descend_] = Value::string(kDescend);
    evaluation.variables[prune_] = Value::string(kPrune);
    evaluation.variables[keep_] = Value::string(kKeep);
    bson::Builder out;
    switch (decide(evaluation)) {
      case Decision::Keep:
        return {};
      case Decision::Prune:
        return {false, std::nullopt};
      case Decision::Descend:
        break;
    }
    copy_fields(document, out, evaluation);
    return {true, out.take()};
  }
  std::string_view name() const override { return "$redact"; }

 private:
  enum class Decision : std::uint8_t { Keep, Prune, Descend };

  Decision decide(query::EvalContext& evaluation) const {
    const Value verdict = expression_->evaluate(evaluation);
    if (verdict.view().is_string()) {
      const std::string_view text = verdict.view().as_string();
      if (text == kKeep) return Decision::Keep;
      if (text == kPrune) return Decision::Prune;
      if (text == kDescend) return Decision::Descend;
    }
    raise(location(17053),
          "$redact's expression should not return anything aside from the variables $$KEEP, "
          "$$DESCEND, and $$PRUNE, "
          "but returned a value of type {}",
          verdict.missing() ? "missing" : bson::type_alias(verdict.type()));
  }

  void copy_fields(View document, bson::Builder& out, query::EvalContext& evaluation) const {
    for (const auto& element : document)
      copy(element.name(), element.value(), out, evaluation);
  }

  /// Nesting is bounded by that of the document.
  void copy(std::string_view name, ValueView value, bson::Builder& out,
            query::EvalContext& evaluation) const {
    if (value.is_array()) {
      out.open_array(name);
      for (const auto& element : value.as_document())
        copy_element(element.value(), out, evaluation);
      out.close();
      return;
    }
    if (!value.is_document()) {
      out.add(name, value);
      return;
    }
    evaluation.current = Value(value);
    const Decision decision = decide(evaluation);
    if (decision == Decision::Prune) return;
    if (decision == Decision::Keep) {
      out.add(name, value);
      return;
    }
    out.open_document(name);
    copy_fields(value.as_document(), out, evaluation);
    out.close();
  }

  void copy_element(ValueView value, bson::Builder& out, query::EvalContext& evaluation) const {
    if (value.is_array()) {
      out.push_array();
      for (const auto& element : value.as_document())
        copy_element(element.value(), out, evaluation);
      out.close();
      return;
    }
    if (!value.is_document()) {
      out.push(value);
      return;
    }
    evaluation.current = Value(value);
    const Decision decision = decide(evaluation);
    if (decision == Decision::Prune) return;
    if (decision == Decision::Keep) {
      out.push(value);
      return;
    }
    out.push_document();
    copy_fields(value.as_document(), out, evaluation);
    out.close();
  }

  query::ExpressionPtr expression_;
  std::size_t slots_ = 0;
  std::size_t descend_ = 0;
  std::size_t prune_ = 0;
  std::size_t keep_ = 0;
};

}  // namespace

TransformPtr parse_redact(std::string_view, ValueView body, const query::QueryContext& context) {
  return std::make_unique<Redact>(body, context);
}

}  // namespace freshet::transform
