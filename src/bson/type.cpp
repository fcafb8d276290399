// SPDX-License-Identifier: Apache-2.0
#include "bson/type.h"

namespace freshet::bson {

int canonical_rank(Type type) {
  switch (type) {
    case Type::MinKey:
      return -1;
    case Type::Missing:
    case Type::Undefined:
      return 0;
    case Type::Null:
      return 1;
    case Type::Double:
    case Type::Int32:
    case Type::Int64:
    case Type::Decimal128:
      return 2;
    case Type::String:
    case Type::Symbol:
      return 3;
    case Type::Document:
      return 4;
    case Type::Array:
      return 5;
    case Type::Binary:
      return 6;
    case Type::ObjectId:
      return 7;
    case Type::Bool:
      return 8;
    case Type::Date:
      return 9;
    case Type::Timestamp:
      return 10;
    case Type::Regex:
      return 11;
    case Type::DbPointer:
      return 12;
    case Type::JavaScript:
      return 13;
    case Type::JavaScriptWithScope:
      return 14;
    case Type::MaxKey:
      return 15;
  }
  return 0;
}

std::string_view type_alias(Type type) {
  switch (type) {
    case Type::Missing:
      return "missing";
    case Type::Double:
      return "double";
    case Type::String:
      return "string";
    case Type::Document:
      return "object";
    case Type::Array:
      return "array";
    case Type::Binary:
      return "binData";
    case Type::Undefined:
      return "undefined";
    case Type::ObjectId:
      return "objectId";
    case Type::Bool:
      return "bool";
    case Type::Date:
      return "date";
    case Type::Null:
      return "null";
    case Type::Regex:
      return "regex";
    case Type::DbPointer:
      return "dbPointer";
    case Type::JavaScript:
      return "javascript";
    case Type::Symbol:
      return "symbol";
    case Type::JavaScriptWithScope:
      return "javascriptWithScope";
    case Type::Int32:
      return "int";
    case Type::Timestamp:
      return "timestamp";
    case Type::Int64:
      return "long";
    case Type::Decimal128:
      return "decimal";
    case Type::MaxKey:
      return "maxKey";
    case Type::MinKey:
      return "minKey";
  }
  return "unknown";
}

}  // namespace freshet::bson
