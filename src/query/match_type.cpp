// SPDX-License-Identifier: Apache-2.0
// $exists and $type.
#include <cmath>

#include "base/error.h"
#include "query/match_parse.h"

namespace freshet::query {
namespace {

using bson::Type;

constexpr Type kTypes[] = {
    Type::Double,    Type::String,    Type::Document, Type::Array,      Type::Binary,
    Type::Undefined, Type::ObjectId,  Type::Bool,     Type::Date,       Type::Null,
    Type::Regex,     Type::DbPointer, Type::Symbol,   Type::JavaScript, Type::JavaScriptWithScope,
    Type::Int32,     Type::Timestamp, Type::Int64,    Type::Decimal128, Type::MinKey,
    Type::MaxKey,
};

void add_numbered(TypeSet& types, bson::ValueView value) {
  const double number = value.number_as_double();
  const bool whole = std::trunc(number) == number;
  for (const Type type : kTypes) {
    const double code =
        type == Type::MinKey ? -1.0 : static_cast<double>(static_cast<std::uint8_t>(type));
    if (whole && number == code) return types.add(type);
  }
  raise(ErrorCode::BadValue, "invalid numerical type code: {}", number);
}

void add_type(TypeSet& types, bson::ValueView value) {
  if (value.is_string()) return add_type_alias(types, value.as_string());
  if (value.is_number()) return add_numbered(types, value);
  raise(ErrorCode::TypeMismatch, "type must be represented as a number or a string, found {}",
        bson::type_alias(value.type()));
}

}  // namespace

void TypeSet::add_numbers() {
  for (const Type type : {Type::Double, Type::Int32, Type::Int64, Type::Decimal128})
    add(type);
}

void add_type_alias(TypeSet& types, std::string_view name) {
  if (name == "number") return types.add_numbers();
  for (const Type type : kTypes) {
    if (bson::type_alias(type) == name) return types.add(type);
  }
  raise(ErrorCode::BadValue, "unknown type name alias: {}", name);
}

MatchNodePtr parse_exists(const FieldPredicate& predicate, MatchParse&) {
  MatchNodePtr exists = std::make_unique<ExistsNode>(predicate.path);
  if (predicate.argument.truthy()) return exists;
  return std::make_unique<NotNode>(std::move(exists));
}

MatchNodePtr parse_type(const FieldPredicate& predicate, MatchParse&) {
  TypeSet types;
  if (predicate.argument.is_array()) {
    if (predicate.argument.as_document().empty()) {
      raise(ErrorCode::FailedToParse, "$type must match at least one type (field '{}')",
            predicate.path);
    }
    for (const bson::Element& element : predicate.argument.as_document())
      add_type(types, element);
  } else {
    add_type(types, predicate.argument);
  }
  return std::make_unique<TypeNode>(predicate.path, types);
}

}  // namespace freshet::query
