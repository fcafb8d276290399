// SPDX-License-Identifier: Apache-2.0
// properties, patternProperties, additionalProperties, required, minProperties, maxProperties,
// dependencies.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "query/regex.h"
#include "query/schema/rules.h"

namespace freshet::query {
namespace {

class PropertiesRule final : public SchemaRule {
 public:
  PropertiesRule(bson::Element spec, int depth) : SchemaRule(spec) {
    require_schema_type(spec, bson::Type::Document);
    for (const bson::Element& property : spec.as_document())
      properties_.emplace_back(property.name(), nested_schema(property, depth));
  }
  bool holds(bson::ValueView value) const override {
    return !value.is_document() || std::ranges::none_of(properties_, [&](const auto& property) {
      return fails(property, value.as_document());
    });
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    out.open_array("propertiesNotSatisfied");
    for (const auto& property : properties_) {
      if (!fails(property, value.as_document())) continue;
      out.push_document().add("propertyName", property.first);
      property.second->add_annotations(out);
      out.open_array("details");
      property.second->describe(value.as_document()[property.first], out);
      out.close().close();
    }
    out.close();
  }

 private:
  using Property = std::pair<std::string, SchemaPtr>;
  static bool fails(const Property& property, bson::View document) {
    const bson::Element value = document[property.first];
    return value && !property.second->matches(value);
  }
  std::vector<Property> properties_;
};

class PatternPropertiesRule final : public SchemaRule {
 public:
  PatternPropertiesRule(bson::Element spec, int depth) : SchemaRule(spec) {
    require_schema_type(spec, bson::Type::Document);
    for (const bson::Element& pattern : spec.as_document())
      patterns_.push_back({Regex(pattern.name(), ""), nested_schema(pattern, depth)});
  }
  bool holds(bson::ValueView value) const override {
    if (!value.is_document()) return true;
    for (const bson::Element& field : value.as_document()) {
      for (const Pattern& pattern : patterns_) {
        if (fails(pattern, field)) return false;
      }
    }
    return true;
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    out.open_array("details");
    for (const bson::Element& field : value.as_document()) {
      for (const Pattern& pattern : patterns_) {
        if (!fails(pattern, field)) continue;
        out.push_document().add("propertyName", field.name());
        pattern.schema->add_annotations(out);
        out.add("regexMatched", pattern.regex.pattern()).open_array("details");
        pattern.schema->describe(field, out);
        out.close().close();
      }
    }
    out.close();
  }

 private:
  struct Pattern {
    Regex regex;
    SchemaPtr schema;
  };
  static bool fails(const Pattern& pattern, const bson::Element& field) {
    return pattern.regex.matches(field.name()) && !pattern.schema->matches(field);
  }
  std::vector<Pattern> patterns_;
};

/// What neither `properties` nor `patternProperties` name.
class AdditionalPropertiesRule final : public SchemaRule {
 public:
  explicit AdditionalPropertiesRule(const SchemaKeyword& keyword) : SchemaRule(keyword.spec) {
    if (keyword.spec.type() == bson::Type::Bool) {
      allowed_ = keyword.spec.as_bool();
    } else if (keyword.spec.is_document()) {
      schema_ = nested_schema(keyword.spec, keyword.depth);
    } else {
      raise(ErrorCode::TypeMismatch,
            "$jsonSchema keyword 'additionalProperties' must be an object or a boolean");
    }
    if (const bson::Element known = keyword.siblings["properties"]; known.is_document()) {
      for (const bson::Element& property : known.as_document())
        names_.emplace_back(property.name());
    }
    if (const bson::Element known = keyword.siblings["patternProperties"]; known.is_document()) {
      for (const bson::Element& pattern : known.as_document())
        patterns_.emplace_back(pattern.name(), "");
    }
  }
  bool holds(bson::ValueView value) const override {
    if (!value.is_document()) return true;
    for (const bson::Element& field : value.as_document()) {
      if (fails(field)) return false;
    }
    return true;
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    return schema_ ? describe_schema(value, out) : describe_names(value, out);
  }

 private:
  void describe_names(bson::ValueView value, bson::Builder& out) const {
    add_specified(out);
    out.open_array("additionalProperties");
    for (const bson::Element& field : value.as_document()) {
      if (fails(field)) out.push(field.name());
    }
    out.close();
  }
  void describe_schema(bson::ValueView value, bson::Builder& out) const {
    out.add("reason", "at least one additional property did not match the subschema");
    for (const bson::Element& field : value.as_document()) {
      if (!fails(field)) continue;
      out.add("failingProperty", field.name()).open_array("details");
      schema_->describe(field, out);
      out.close();
      return;
    }
  }
  bool fails(const bson::Element& field) const {
    if (std::ranges::find(names_, field.name()) != names_.end()) return false;
    const bool named = std::ranges::any_of(
        patterns_, [&](const Regex& pattern) { return pattern.matches(field.name()); });
    if (named) return false;
    return schema_ ? !schema_->matches(field) : !allowed_;
  }

  bool allowed_ = true;
  SchemaPtr schema_;
  std::vector<std::string> names_;
  std::vector<Regex> patterns_;
};

void add_missing(const std::vector<std::string>& names, bson::View document, bson::Builder& out) {
  out.open_array("missingProperties");
  for (const std::string& name : names) {
    if (!document[name]) out.push(name);
  }
  out.close();
}

bool has_all(const std::vector<std::string>& names, bson::View document) {
  return std::ranges::all_of(names, [&](const std::string& name) { return bool(document[name]); });
}

class RequiredRule final : public SchemaRule {
 public:
  explicit RequiredRule(bson::Element spec) : SchemaRule(spec), names_(string_list(spec)) {}
  bool holds(bson::ValueView value) const override {
    return !value.is_document() || has_all(names_, value.as_document());
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    add_missing(names_, value.as_document(), out);
  }

 private:
  std::vector<std::string> names_;
};

class PropertyCountRule final : public SchemaRule {
 public:
  explicit PropertyCountRule(bson::Element spec)
      : SchemaRule(spec), count_(count_argument(spec)), least_(spec.name() == "minProperties") {}
  bool holds(bson::ValueView value) const override {
    if (!value.is_document()) return true;
    const auto fields = static_cast<std::int64_t>(value.as_document().count());
    return least_ ? fields >= count_ : fields <= count_;
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    out.add("reason", "specified number of properties was not satisfied");
    out.add("numberOfProperties", static_cast<std::int32_t>(value.as_document().count()));
  }

 private:
  std::int64_t count_;
  bool least_;
};

class DependenciesRule final : public SchemaRule {
 public:
  DependenciesRule(bson::Element spec, int depth) : SchemaRule(spec) {
    require_schema_type(spec, bson::Type::Document);
    for (const bson::Element& dependency : spec.as_document()) {
      Dependency& added = dependencies_.emplace_back();
      added.property = dependency.name();
      if (dependency.is_document()) {
        added.schema = nested_schema(dependency, depth);
      } else {
        added.names = string_list(dependency);
      }
    }
  }
  bool holds(bson::ValueView value) const override {
    return !value.is_document() || std::ranges::none_of(dependencies_, [&](const Dependency& one) {
      return fails(one, value);
    });
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    out.open_array("failingDependencies");
    for (const Dependency& dependency : dependencies_) {
      if (!fails(dependency, value)) continue;
      out.push_document().add("conditionalProperty", dependency.property);
      if (dependency.schema) {
        out.open_array("details");
        dependency.schema->describe(value, out);
        out.close();
      } else {
        add_missing(dependency.names, value.as_document(), out);
      }
      out.close();
    }
    out.close();
  }

 private:
  struct Dependency {
    std::string property;
    std::vector<std::string> names;
    SchemaPtr schema;
  };
  static bool fails(const Dependency& dependency, bson::ValueView value) {
    const bson::View document = value.as_document();
    if (!document[dependency.property]) return false;
    return dependency.schema ? !dependency.schema->matches(value)
                             : !has_all(dependency.names, document);
  }
  std::vector<Dependency> dependencies_;
};

}  // namespace

SchemaRulePtr parse_schema_properties(const SchemaKeyword& keyword) {
  return std::make_unique<PropertiesRule>(keyword.spec, keyword.depth);
}

SchemaRulePtr parse_schema_pattern_properties(const SchemaKeyword& keyword) {
  return std::make_unique<PatternPropertiesRule>(keyword.spec, keyword.depth);
}

SchemaRulePtr parse_schema_additional_properties(const SchemaKeyword& keyword) {
  return std::make_unique<AdditionalPropertiesRule>(keyword);
}

SchemaRulePtr parse_schema_required(const SchemaKeyword& keyword) {
  return std::make_unique<RequiredRule>(keyword.spec);
}

SchemaRulePtr parse_schema_property_count(const SchemaKeyword& keyword) {
  return std::make_unique<PropertyCountRule>(keyword.spec);
}

SchemaRulePtr parse_schema_dependencies(const SchemaKeyword& keyword) {
  return std::make_unique<DependenciesRule>(keyword.spec, keyword.depth);
}

}  // namespace freshet::query
