// SPDX-License-Identifier: Apache-2.0
// allOf, anyOf, oneOf, not.
#include <algorithm>

#include "base/error.h"
#include "query/schema/rules.h"

namespace freshet::query {
namespace {

class SchemasRule : public SchemaRule {
 public:
  SchemasRule(bson::Element spec, int depth) : SchemaRule(spec) {
    require_schema_type(spec, bson::Type::Array);
    if (spec.as_document().empty())
      raise(ErrorCode::BadValue, "$jsonSchema keyword '{}' must be a non-empty array", spec.name());
    for (const bson::Element& element : spec.as_document())
      schemas_.push_back(nested_schema(element, depth));
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    out.open_array("schemasNotSatisfied");
    for (std::size_t i = 0; i < schemas_.size(); ++i) {
      if (schemas_[i]->matches(value)) continue;
      out.push_document().add("index", static_cast<std::int32_t>(i));
      schemas_[i]->add_annotations(out);
      out.open_array("details");
      schemas_[i]->describe(value, out);
      out.close().close();
    }
    out.close();
  }

 protected:
  std::ptrdiff_t matching(bson::ValueView value) const {
    return std::ranges::count_if(schemas_,
                                 [&](const SchemaPtr& one) { return one->matches(value); });
  }
  const std::vector<SchemaPtr>& schemas() const { return schemas_; }

 private:
  std::vector<SchemaPtr> schemas_;
};

class AllOfRule final : public SchemasRule {
 public:
  using SchemasRule::SchemasRule;
  bool holds(bson::ValueView value) const override {
    return std::ranges::all_of(schemas(),
                               [&](const SchemaPtr& one) { return one->matches(value); });
  }
};

class AnyOfRule final : public SchemasRule {
 public:
  using SchemasRule::SchemasRule;
  bool holds(bson::ValueView value) const override {
    return std::ranges::any_of(schemas(),
                               [&](const SchemaPtr& one) { return one->matches(value); });
  }
};

class OneOfRule final : public SchemasRule {
 public:
  using SchemasRule::SchemasRule;
  bool holds(bson::ValueView value) const override { return matching(value) == 1; }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    if (matching(value) == 0) return SchemasRule::describe(value, out);
    out.add("reason", "more than one subschema matched").open_array("matchingSchemaIndexes");
    for (std::size_t i = 0; i < schemas().size(); ++i) {
      if (schemas()[i]->matches(value)) out.push(static_cast<std::int32_t>(i));
    }
    out.close();
  }
};

class NotRule final : public SchemaRule {
 public:
  NotRule(bson::Element spec, int depth) : SchemaRule(spec), schema_(nested_schema(spec, depth)) {}
  bool holds(bson::ValueView value) const override { return !schema_->matches(value); }
  void describe(bson::ValueView, bson::Builder& out) const override {
    out.add("reason", "child expression matched");
  }

 private:
  SchemaPtr schema_;
};

}  // namespace

SchemaRulePtr parse_schema_all_of(const SchemaKeyword& keyword) {
  return std::make_unique<AllOfRule>(keyword.spec, keyword.depth);
}

SchemaRulePtr parse_schema_any_of(const SchemaKeyword& keyword) {
  return std::make_unique<AnyOfRule>(keyword.spec, keyword.depth);
}

SchemaRulePtr parse_schema_one_of(const SchemaKeyword& keyword) {
  return std::make_unique<OneOfRule>(keyword.spec, keyword.depth);
}

SchemaRulePtr parse_schema_not(const SchemaKeyword& keyword) {
  return std::make_unique<NotRule>(keyword.spec, keyword.depth);
}

}  // namespace freshet::query
