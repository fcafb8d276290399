// SPDX-License-Identifier: Apache-2.0
// BSON type bytes and the order of types that comparison and sort keys follow.
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet::bson {

/// The type byte of an element, as stored and sent. Never renumber. Missing is ours: no element at
/// all.
enum class Type : std::uint8_t {
  Missing = 0,
  Double = 0x01,
  String = 0x02,
  Document = 0x03,
  Array = 0x04,
  Binary = 0x05,
  Undefined = 0x06,
  ObjectId = 0x07,
  Bool = 0x08,
  Date = 0x09,
  Null = 0x0A,
  Regex = 0x0B,
  DbPointer = 0x0C,
  JavaScript = 0x0D,
  Symbol = 0x0E,
  JavaScriptWithScope = 0x0F,
  Int32 = 0x10,
  Timestamp = 0x11,
  Int64 = 0x12,
  Decimal128 = 0x13,
  MaxKey = 0x7F,
  MinKey = 0xFF,
};

/// Rank of a type in MongoDB's total order: MinKey, (missing), null, numbers, string/symbol,
/// document, array, binary, ObjectId, bool, date, timestamp, regex, DbPointer, code, code with
/// scope, MaxKey. Types of one rank compare by value.
int canonical_rank(Type type);

/// The alias that $type and error messages use: "int", "string", "objectId", …
std::string_view type_alias(Type type);

constexpr bool is_numeric(Type type) {
  return type == Type::Double || type == Type::Int32 || type == Type::Int64 ||
         type == Type::Decimal128;
}

}  // namespace freshet::bson
