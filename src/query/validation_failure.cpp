// SPDX-License-Identifier: Apache-2.0
#include "query/validation_failure.h"

#include <iterator>
#include <string>
#include <vector>

#include "query/expression/expression.h"
#include "query/match_parse.h"
#include "query/matcher.h"
#include "query/path.h"
#include "query/schema/schema.h"

namespace freshet::query {
namespace {

using bson::Builder;
using bson::View;

/// Why a predicate failed, and why it held where it must not ($not, $nor).
struct ReasonRow {
  std::string_view op;
  std::string_view failed;
  std::string_view held;
};

constexpr ReasonRow kReasons[] = {
    {"$all", "array did not contain all specified values",
     "array did contain all specified values"},
    {"$bitsAllClear", "bitwise operator failed to match", "bitwise operator matched successfully"},
    {"$bitsAllSet", "bitwise operator failed to match", "bitwise operator matched successfully"},
    {"$bitsAnyClear", "bitwise operator failed to match", "bitwise operator matched successfully"},
    {"$bitsAnySet", "bitwise operator failed to match", "bitwise operator matched successfully"},
    {"$elemMatch", "array did not satisfy the child predicate",
     "array did satisfy the child predicate"},
    {"$exists", "path does not exist", "path does exist"},
    {"$in", "no matching value found in array", "matching value found in array"},
    {"$mod", "$mod did not evaluate to expected remainder",
     "$mod did evaluate to expected remainder"},
    {"$ne", "comparison succeeded", "comparison failed"},
    {"$nin", "matching value found in array", "no matching value found in array"},
    {"$regex", "regular expression did not match", "regular expression did match"},
    {"$size", "array length was not equal to given size", "array length was equal to given size"},
    {"$type", "type did not match", "type did match"},
};
constexpr ReasonRow kComparison{"", "comparison failed", "comparison succeeded"};

const ReasonRow& reason_of(std::string_view op) {
  for (const ReasonRow& row : kReasons) {
    if (row.op == op) return row;
  }
  return kComparison;
}

class Describer {
 public:
  Describer(View document, const QueryContext& context) : document_(document), context_(context) {}

  void filter(View filter, Builder& out, bool inverted) const {
    const std::vector<std::string> clauses = blamed(clauses_of(filter), inverted);
    if (clauses.size() == 1) return clause(View(clauses[0]), out, inverted);
    out.add("operatorName", "$and");
    list(clauses, inverted, out);
  }

 private:
  /// One document per predicate: {a: {$gt: 1, $lt: 5}, b: 2} is three.
  static std::vector<std::string> clauses_of(View filter) {
    std::vector<std::string> out;
    for (const bson::Element& element : filter) {
      if (element.name().starts_with('$') || !is_operator_document(element)) {
        Builder one;
        out.push_back(one.add(element).take());
        continue;
      }
      const bson::Element options = element.as_document()["$options"];
      for (const bson::Element& op : element.as_document()) {
        if (op.name() == "$options") continue;
        Builder one;
        one.open_document(element.name()).add(op);
        if (op.name() == "$regex" && options) one.add(options);
        out.push_back(one.close().take());
      }
    }
    return out;
  }

  /// Those that fail; all of them when the whole ought to have failed.
  std::vector<std::string> blamed(std::vector<std::string> clauses, bool inverted) const {
    if (inverted) return clauses;
    std::erase_if(clauses, [&](const std::string& one) { return matches(View(one)); });
    return clauses;
  }

  bool matches(View filter) const { return Matcher(filter, context_).matches(document_); }

  void list(const std::vector<std::string>& clauses, bool inverted, Builder& out) const {
    out.open_array(inverted ? "clausesSatisfied" : "clausesNotSatisfied");
    std::int32_t index = 0;
    for (const std::string& one : clauses) {
      out.push_document().add("index", index++).open_document("details");
      filter(View(one), out, inverted);
      out.close().close();
    }
    out.close();
  }

  void clause(View one, Builder& out, bool inverted) const {
    const bson::Element element = *one.begin();
    const std::string_view name = element.name();
    if (name == "$and" || name == "$or" || name == "$nor") return logical(element, out, inverted);
    if (name == "$jsonSchema") return schema(element, out, inverted);
    if (name == "$expr") return expression(element, out, inverted);
    if (name.starts_with('$')) {
      out.add("operatorName", name).open_document("specifiedAs").add(element).close();
      out.add("reason", "expression always evaluates to false");
      return;
    }
    field(element, out, inverted);
  }

  void logical(const bson::Element& element, Builder& out, bool inverted) const {
    const bool nor = element.name() == "$nor";
    const bool want_held = nor != inverted;
    out.add("operatorName", element.name());
    out.open_array(want_held ? "clausesSatisfied" : "clausesNotSatisfied");
    std::int32_t index = 0;
    for (const bson::Element& child : element.as_document()) {
      const std::int32_t at = index++;
      if (matches(child.as_document()) != want_held) continue;
      out.push_document().add("index", at).open_document("details");
      filter(child.as_document(), out, want_held);
      out.close().close();
    }
    out.close();
  }

  void schema(const bson::Element& element, Builder& out, bool inverted) const {
    const Schema parsed(element.as_document());
    out.add("operatorName", "$jsonSchema");
    parsed.add_annotations(out);
    if (inverted) {
      out.add("reason", "schema matched");
      return;
    }
    out.open_array("schemaRulesNotSatisfied");
    parsed.describe(bson::ValueView(bson::Type::Document, document_.data(), document_.size_bytes()),
                    out);
    out.close();
  }

  void expression(const bson::Element& element, Builder& out, bool inverted) const {
    out.add("operatorName", "$expr").open_document("specifiedAs").add(element).close();
    out.add("reason", inverted ? "expression did match" : "expression did not match");
    const CompiledExpression compiled(element, context_);
    out.add("expressionResult", compiled.evaluate(document_, context_).view());
  }

  void field(const bson::Element& element, Builder& out, bool inverted) const {
    if (!is_operator_document(element))
      return predicate(element, element.type() == bson::Type::Regex ? "$regex" : "$eq", out,
                       inverted);
    const bson::Element op = *element.as_document().begin();
    if (op.name() != "$not") return predicate(element, op.name(), out, inverted);
    out.add("operatorName", "$not").open_document("details");
    Builder child;
    const std::string inner = child.add(element.name(), op.value()).take();
    filter(View(inner), out, !inverted);
    out.close();
  }

  void predicate(const bson::Element& element, std::string_view op, Builder& out,
                 bool inverted) const {
    out.add("operatorName", op).open_document("specifiedAs").add(element).close();
    std::vector<bson::ValueView> values;
    visit_path(Path(element.name()), document_, LeafArrays::Whole,
               [&](bson::ValueView value, std::size_t) {
                 if (!value.missing()) values.push_back(value);
                 return false;
               });
    const bool absence = op == "$exists" && is_operator_document(element) &&
                         !(*element.as_document().begin()).truthy();
    if (values.empty() && op != "$exists") {
      out.add("reason", "field was missing");
      return;
    }
    const ReasonRow& reason = reason_of(op);
    out.add("reason", inverted != absence ? reason.held : reason.failed);
    if (op != "$exists") considered(values, op, out);
  }

  static void considered(const std::vector<bson::ValueView>& values, std::string_view op,
                         Builder& out) {
    if (values.size() == 1) {
      out.add("consideredValue", values[0]);
      if (op == "$type") out.add("consideredType", bson::type_alias(values[0].type()));
      return;
    }
    out.open_array("consideredValues");
    for (const bson::ValueView value : values)
      out.push(value);
    out.close();
  }

  View document_;
  const QueryContext& context_;
};

}  // namespace

void describe_validation_failure(View filter, View document, const QueryContext& context,
                                 Builder& out) {
  Describer(document, context).filter(filter, out, false);
}

}  // namespace freshet::query
