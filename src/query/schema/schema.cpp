// SPDX-License-Identifier: Apache-2.0
// The table of keywords, and schemas as lists of rules. To add a keyword, write its rule in a file
// of its family, declare the parser in rules.h, add a row here.
#include "query/schema/schema.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "bson/compare.h"
#include "query/expression/integral.h"
#include "query/schema/rules.h"

namespace freshet::query {
namespace {

struct KeywordRow {
  std::string_view name;
  SchemaRulePtr (*parse)(const SchemaKeyword&);  ///< null result: another keyword's rule covers it
};

constexpr KeywordRow kKeywords[] = {
    {"additionalItems", parse_schema_additional_items},
    {"additionalProperties", parse_schema_additional_properties},
    {"allOf", parse_schema_all_of},
    {"anyOf", parse_schema_any_of},
    {"bsonType", parse_schema_bson_type},
    {"dependencies", parse_schema_dependencies},
    {"encrypt", parse_schema_encrypt},
    {"enum", parse_schema_enum},
    {"exclusiveMaximum", parse_schema_exclusive},
    {"exclusiveMinimum", parse_schema_exclusive},
    {"items", parse_schema_items},
    {"maxItems", parse_schema_item_count},
    {"maxLength", parse_schema_length},
    {"maxProperties", parse_schema_property_count},
    {"maximum", parse_schema_maximum},
    {"minItems", parse_schema_item_count},
    {"minLength", parse_schema_length},
    {"minProperties", parse_schema_property_count},
    {"minimum", parse_schema_minimum},
    {"multipleOf", parse_schema_multiple_of},
    {"not", parse_schema_not},
    {"oneOf", parse_schema_one_of},
    {"pattern", parse_schema_pattern},
    {"patternProperties", parse_schema_pattern_properties},
    {"properties", parse_schema_properties},
    {"required", parse_schema_required},
    {"type", parse_schema_type},
    {"uniqueItems", parse_schema_unique_items},
};

/// Of draft 4, but not of MongoDB's.
constexpr std::string_view kUnsupported[] = {"$ref",        "$schema", "default",
                                             "definitions", "format",  "id"};

const KeywordRow& row_of(std::string_view name) {
  const auto* row = std::ranges::find(kKeywords, name, &KeywordRow::name);
  if (row != std::end(kKeywords)) return *row;
  if (std::ranges::find(kUnsupported, name) != std::end(kUnsupported)) {
    raise(ErrorCode::FailedToParse, "$jsonSchema keyword '{}' is not currently supported", name);
  }
  raise(ErrorCode::FailedToParse, "Unknown $jsonSchema keyword: {}", name);
}

std::string text_argument(bson::Element spec) {
  require_schema_type(spec, bson::Type::String);
  return std::string(spec.as_string());
}

bool documents_equal(bson::View a, bson::View b) {
  if (a.count() != b.count()) return false;
  for (const bson::Element& element : a) {
    const bson::Element other = b[element.name()];
    if (!other || !equal_in_any_order(element, other)) return false;
  }
  return true;
}

bool arrays_equal(bson::View a, bson::View b) {
  auto other = b.begin();
  for (const bson::Element& element : a) {
    if (other == b.end() || !equal_in_any_order(element, *other)) return false;
    ++other;
  }
  return other == b.end();
}

}  // namespace

SchemaRule::SchemaRule(bson::Element spec)
    : keyword_(spec.name()), argument_(bson::Value::copy(spec)) {}

void SchemaRule::add_specified(bson::Builder& out) const {
  out.open_document("specifiedAs").add(keyword_, argument()).close();
}

Schema::Schema(bson::View spec, int depth) {
  if (depth > kSchemaDepthMax) {
    raise(ErrorCode::FailedToParse, "$jsonSchema is nested deeper than {}", kSchemaDepthMax);
  }
  if (spec["type"] && spec["bsonType"]) {
    raise(ErrorCode::FailedToParse,
          "Cannot specify both $jsonSchema keywords 'type' and 'bsonType'");
  }
  for (const bson::Element& element : spec) {
    if (element.name() == "title") {
      title_ = text_argument(element);
    } else if (element.name() == "description") {
      description_ = text_argument(element);
    } else if (element.name() == "encryptMetadata") {
      require_schema_type(element, bson::Type::Document);
    } else if (SchemaRulePtr rule = row_of(element.name()).parse({element, spec, depth})) {
      rules_.push_back(std::move(rule));
    }
  }
}

Schema::~Schema() = default;

bool Schema::matches(bson::ValueView value) const {
  return std::ranges::all_of(rules_, [&](const auto& rule) { return rule->holds(value); });
}

void Schema::describe(bson::ValueView value, bson::Builder& out) const {
  for (const auto& rule : rules_) {
    if (rule->holds(value)) continue;
    out.push_document().add("operatorName", rule->keyword());
    rule->describe(value, out);
    out.close();
  }
}

void Schema::add_annotations(bson::Builder& out) const {
  if (!title_.empty()) out.add("title", title_);
  if (!description_.empty()) out.add("description", description_);
}

SchemaPtr nested_schema(bson::Element spec, int depth) {
  require_schema_type(spec, bson::Type::Document);
  return std::make_unique<const Schema>(spec.as_document(), depth + 1);
}

std::int64_t count_argument(bson::Element spec) {
  const bool whole = spec.is_number() && is_integral_int64(spec);
  if (!whole || spec.number_as_int64() < 0) {
    raise(ErrorCode::FailedToParse,
          "Value for keyword {} must be represented as a non-negative integer", spec.name());
  }
  return spec.number_as_int64();
}

void require_schema_type(bson::Element spec, bson::Type type) {
  if (spec.type() == type) return;
  raise(ErrorCode::TypeMismatch, "$jsonSchema keyword '{}' must be a {}, found {}", spec.name(),
        bson::type_alias(type), bson::type_alias(spec.type()));
}

std::vector<std::string> string_list(bson::Element spec) {
  require_schema_type(spec, bson::Type::Array);
  std::vector<std::string> out;
  for (const bson::Element& element : spec.as_document()) {
    if (!element.is_string()) {
      raise(ErrorCode::TypeMismatch, "$jsonSchema keyword '{}' must be an array of strings",
            spec.name());
    }
    if (std::ranges::find(out, element.as_string()) != out.end()) {
      raise(ErrorCode::FailedToParse, "$jsonSchema keyword '{}' array cannot contain duplicates",
            spec.name());
    }
    out.emplace_back(element.as_string());
  }
  if (out.empty())
    raise(ErrorCode::FailedToParse, "$jsonSchema keyword '{}' cannot be empty", spec.name());
  return out;
}

bool equal_in_any_order(bson::ValueView a, bson::ValueView b) {
  if (a.is_document() && b.is_document()) return documents_equal(a.as_document(), b.as_document());
  if (a.is_array() && b.is_array()) return arrays_equal(a.as_document(), b.as_document());
  return bson::equal(a, b);
}

void add_reason(bson::Builder& out, std::string_view reason, bson::ValueView value) {
  out.add("reason", reason).add("consideredValue", value);
}

}  // namespace freshet::query
