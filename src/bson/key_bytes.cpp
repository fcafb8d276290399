// SPDX-License-Identifier: Apache-2.0
#include "bson/key_bytes.h"

namespace freshet::bson::key_bytes {

Byte first_of(Type type) {
  switch (type) {
    case Type::MinKey:
      return kMinKey;
    case Type::Missing:
    case Type::Null:
      return kNull;
    case Type::Undefined:
      return kUndefined;
    case Type::Double:
    case Type::Int32:
    case Type::Int64:
    case Type::Decimal128:
      return kNan;
    case Type::String:
    case Type::Symbol:
      return kString;
    case Type::Document:
      return kDocument;
    case Type::Array:
      return kArray;
    case Type::Binary:
      return kBinary;
    case Type::ObjectId:
      return kObjectId;
    case Type::Bool:
      return kFalse;
    case Type::Date:
      return kDate;
    case Type::Timestamp:
      return kTimestamp;
    case Type::Regex:
      return kRegex;
    case Type::DbPointer:
      return kDbPointer;
    case Type::JavaScript:
      return kCode;
    case Type::JavaScriptWithScope:
      return kCodeWithScope;
    case Type::MaxKey:
      return kMaxKey;
  }
  return kMaxKey;
}

Bracket bracket_of(Type type) {
  const Byte first = first_of(type);
  if (first == kNan) return {kNan, kInfinity + 1};
  if (first == kFalse) return {kFalse, kTrue + 1};
  return {first, static_cast<Byte>(first + 1)};
}

}  // namespace freshet::bson::key_bytes
