// SPDX-License-Identifier: Apache-2.0
// $jsonSchema as a filter.
#include "base/error.h"
#include "query/match_parse.h"
#include "query/schema/schema.h"

namespace freshet::query {

JsonSchemaNode::JsonSchemaNode(bson::View spec)
    : MatchNode(MatchKind::JsonSchema), schema_(std::make_unique<const Schema>(spec)) {}

JsonSchemaNode::~JsonSchemaNode() = default;

bool JsonSchemaNode::matches(bson::View document, MatchDetails*) const {
  return schema_->matches(
      bson::ValueView(bson::Type::Document, document.data(), document.size_bytes()));
}

MatchNodePtr parse_json_schema(bson::Element argument, MatchParse& parse) {
  if (parse.in_elem_match)
    raise(ErrorCode::BadValue, "$jsonSchema can only be applied to the top-level document");
  if (!argument.is_document())
    raise(ErrorCode::TypeMismatch, "$jsonSchema must be an object, found {}",
          bson::type_alias(argument.type()));
  return std::make_unique<JsonSchemaNode>(argument.as_document());
}

}  // namespace freshet::query
