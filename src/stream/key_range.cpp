// SPDX-License-Identifier: Apache-2.0
#include "stream/key_range.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bson/decimal.h"
#include "bson/key.h"

namespace freshet::stream {
namespace {

namespace key_bytes = bson::key_bytes;
using bson::Type;
using key_bytes::Bracket;
using key_bytes::Byte;

/// No key begins with the last byte.
constexpr Bracket kEveryType{key_bytes::kEnd, 0xFF};

std::string text_of(Byte byte) {
  return std::string(1, static_cast<char>(byte));
}

/// All of the bracket: without NaN, which no match operator finds among numbers, and from the very
/// beginning for expressions.
KeyRange whole(Bracket bracket) {
  if (bracket.begin == key_bytes::kEnd) return {bracket, "", text_of(bracket.end)};
  const bool numbers = bracket.begin == key_bytes::kNan;
  return {bracket, text_of(numbers ? key_bytes::kMinusInfinity : bracket.begin),
          text_of(bracket.end)};
}

KeyRange cut(KeyRange range, Comparison op, bson::ValueView operand) {
  std::string key;
  bson::append_key(key, operand);
  switch (op) {
    case Comparison::Less:
      range.end = std::move(key);
      break;
    case Comparison::LessEqual:
      range.end = bson::prefix_end(key);
      break;
    case Comparison::Greater:
      range.begin = bson::prefix_end(key);
      break;
    case Comparison::GreaterEqual:
      range.begin = std::move(key);
      break;
    case Comparison::Equal:
      range.end = bson::prefix_end(key);
      range.begin = std::move(key);
      break;
  }
  return range;
}

bool is_nan(bson::ValueView value) {
  if (value.type() == Type::Double) return std::isnan(value.as_double());
  return value.type() == Type::Decimal128 && bson::decimal::is_nan(value.as_decimal());
}

}  // namespace

bool is_ranged(Type type) {
  switch (type) {
    case Type::Double:
    case Type::Int32:
    case Type::Int64:
    case Type::Decimal128:
    case Type::String:
    case Type::Symbol:
    case Type::Binary:
    case Type::ObjectId:
    case Type::Bool:
    case Type::Date:
    case Type::Timestamp:
      return true;
    default:
      return false;
  }
}

bool KeyRange::is_two_sided() const {
  const KeyRange all = whole(bracket);
  return begin != all.begin && end != all.end;
}

bool KeyRange::narrow(const KeyRange& other) {
  if (bracket.begin != other.bracket.begin) return false;
  begin = std::max(begin, other.begin);
  end = std::min(end, other.end);
  return true;
}

std::optional<KeyRange> range_of_match(Comparison op, bson::ValueView operand) {
  if (!is_ranged(operand.type()) || is_nan(operand)) return std::nullopt;
  return cut(whole(key_bytes::bracket_of(operand.type())), op, operand);
}

std::optional<KeyRange> range_of_expression(Comparison op, bson::ValueView operand) {
  if (!is_ranged(operand.type())) return std::nullopt;
  return cut(whole(kEveryType), op, operand);
}

KeyRange range_of_prefix(std::string_view prefix) {
  const Bracket strings = key_bytes::bracket_of(Type::String);
  std::string begin = text_of(strings.begin).append(prefix.substr(0, prefix.find('\0')));
  std::string end = bson::prefix_end(begin);
  return {strings, std::move(begin), std::move(end)};
}

void append_place(std::string& out, bson::ValueView value) {
  if (is_ranged(value.type())) return bson::append_key(out, value);
  out.push_back(static_cast<char>(key_bytes::first_of(value.type())));
}

}  // namespace freshet::stream
