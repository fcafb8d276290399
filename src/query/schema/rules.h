// SPDX-License-Identifier: Apache-2.0
// The parsers behind the table of schema keywords, one block per file, and what they share.
// Internal to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "query/schema/schema.h"

namespace freshet::query {

/// One keyword as written, with its neighbours ($minimum looks for $exclusiveMinimum).
struct SchemaKeyword {
  bson::Element spec;
  bson::View siblings;
  int depth = 0;  ///< of the schema it stands in
};

using SchemaRulePtr = std::unique_ptr<const SchemaRule>;

// rules_type.cpp
SchemaRulePtr parse_schema_type(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_bson_type(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_enum(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_encrypt(const SchemaKeyword& keyword);
// rules_scalar.cpp
SchemaRulePtr parse_schema_minimum(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_maximum(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_exclusive(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_multiple_of(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_length(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_pattern(const SchemaKeyword& keyword);
// rules_array.cpp
SchemaRulePtr parse_schema_items(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_additional_items(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_item_count(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_unique_items(const SchemaKeyword& keyword);
// rules_object.cpp
SchemaRulePtr parse_schema_properties(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_pattern_properties(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_additional_properties(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_required(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_property_count(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_dependencies(const SchemaKeyword& keyword);
// rules_logical.cpp
SchemaRulePtr parse_schema_all_of(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_any_of(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_one_of(const SchemaKeyword& keyword);
SchemaRulePtr parse_schema_not(const SchemaKeyword& keyword);

/// The argument as a schema; throws TypeMismatch (14) when it is no document.
SchemaPtr nested_schema(bson::Element spec, int depth);
/// The argument as a whole number that is not negative; throws FailedToParse (9).
std::int64_t count_argument(bson::Element spec);
/// Throws TypeMismatch (14) unless the argument has the type.
void require_schema_type(bson::Element spec, bson::Type type);
/// Throws FailedToParse (9) for an empty array or one with equal strings, TypeMismatch (14) for
/// what is no array of strings.
std::vector<std::string> string_list(bson::Element spec);
/// Equal whatever the order of fields, at any depth: how schemas compare values.
bool equal_in_any_order(bson::ValueView a, bson::ValueView b);
/// Adds `reason` and `consideredValue`.
void add_reason(bson::Builder& out, std::string_view reason, bson::ValueView value);

}  // namespace freshet::query
