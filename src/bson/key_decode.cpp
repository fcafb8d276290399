// SPDX-License-Identifier: Apache-2.0
#include "bson/key_decode.h"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "bson/key.h"
#include "bson/key_bytes.h"

namespace freshet::bson {
namespace {

using namespace key_bytes;

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes)
    value = value << 8 | static_cast<Byte>(c);
  return value;
}

/// Takes a text away from the front of `at`, its zero bytes restored.
std::string take_text(std::string_view& at) {
  std::string text;
  for (;;) {
    const std::size_t zero = at.find('\0');
    text.append(at.substr(0, zero));
    const bool end = static_cast<Byte>(at[zero + 1]) == kTextEnd;
    at.remove_prefix(zero + 2);
    if (end) return text;
    text.push_back('\0');
  }
}

/// A number as its key has it: exactly whole + fraction / 2^55, or a double.
struct Magnitude {
  std::uint64_t whole = 0;
  std::uint64_t fraction55 = 0;
  std::optional<double> real;
  bool more = false;  ///< something is left that only decimals have
};

Magnitude read_magnitude(Byte tag, std::string_view rest) {
  Magnitude out;
  if (tag == kBelowOne || tag == kHuge) {
    const std::uint64_t word = big_endian(rest.substr(0, 8));
    out.real = std::bit_cast<double>(word >> 1);
    out.more = (word & 1) != 0;
    return out;
  }
  const auto bytes = static_cast<std::size_t>(tag - kWhole) + 1;
  const std::uint64_t word = big_endian(rest.substr(0, bytes));
  out.whole = word >> 1;
  if ((word & 1) == 0) return out;
  const std::uint64_t fraction = big_endian(rest.substr(bytes, kFractionBytes));
  out.fraction55 = fraction >> 1;
  out.more = (fraction & 1) != 0;
  return out;
}

Value as_double(const Magnitude& number, bool negative) {
  const double magnitude =
      number.real ? *number.real
                  : static_cast<double>(number.whole) +
                        std::ldexp(static_cast<double>(number.fraction55), -kFractionBits);
  return Value::number(negative ? -magnitude : magnitude);
}

Value as_integer(const Magnitude& number, bool negative, Type type) {
  if (number.fraction55 != 0) return {};
  if (number.real) {
    const bool lowest = negative && type == Type::Int64 && *number.real == 0x1p63;
    return lowest ? Value::int64(std::numeric_limits<std::int64_t>::min()) : Value();
  }
  const auto magnitude = static_cast<std::int64_t>(number.whole);
  const std::int64_t value = negative ? -magnitude : magnitude;
  if (type == Type::Int64) return Value::int64(value);
  const bool fits = value >= std::numeric_limits<std::int32_t>::min() &&
                    value <= std::numeric_limits<std::int32_t>::max();
  return fits ? Value::int32(static_cast<std::int32_t>(value)) : Value();
}

Value read_number(Byte tag, std::string_view rest, Type type) {
  const bool real = type == Type::Double;
  if (tag == kZero) {
    if (real) return Value::number(0.0);
    return type == Type::Int64 ? Value::int64(0) : Value::int32(0);
  }
  if (tag == kNan) return real ? Value::number(std::numeric_limits<double>::quiet_NaN()) : Value();
  if (tag == kInfinity || tag == kMinusInfinity) {
    const double infinity = std::numeric_limits<double>::infinity();
    return real ? Value::number(tag == kInfinity ? infinity : -infinity) : Value();
  }
  const bool negative = tag < kZero;
  std::string inverted;
  if (negative) {
    tag = mirrored(tag);
    inverted = rest;
    for (char& c : inverted)
      c = static_cast<char>(~c);
    rest = inverted;
  }
  const Magnitude number = read_magnitude(tag, rest);
  if (number.more) return {};
  return real ? as_double(number, negative) : as_integer(number, negative, type);
}

Value read_regex(std::string_view rest) {
  const std::string pattern = take_text(rest);
  const std::string options = take_text(rest);
  return Value::regex(pattern, options);
}

/// `key` is one whole ascending key.
Value read_value(std::string_view key, Type number) {
  const auto tag = static_cast<Byte>(key.front());
  std::string_view rest = key.substr(1);
  switch (tag) {
    case kMinKey:
      return Value::min_key();
    case kUndefined:
      return Value::undefined();
    case kNull:
      return Value::null();
    case kMaxKey:
      return Value::max_key();
    case kFalse:
    case kTrue:
      return Value::boolean(tag == kTrue);
    case kString:
      return Value::string(take_text(rest));
    case kBinary:
      return Value::binary(static_cast<Byte>(rest[4]), rest.substr(5));
    case kObjectId:
      return Value::object_id(rest);
    case kDate:
      return Value::date(static_cast<std::int64_t>(big_endian(rest) ^ kSignBit));
    case kTimestamp:
      return Value::timestamp(Timestamp::from(big_endian(rest)));
    case kRegex:
      return read_regex(rest);
    case kDocument:
    case kArray:
    case kDbPointer:
    case kCode:
    case kCodeWithScope:
      return {};
    default:
      return read_number(tag, rest, number);
  }
}

}  // namespace

Value take_value(std::string_view& key, bool descending, Type number) {
  const std::size_t length = key_length(key, descending);
  const std::string_view own = key.substr(0, length);
  key.remove_prefix(length);
  if (own.empty()) return {};
  if (!descending) return read_value(own, number);
  std::string ascending(own);
  for (char& c : ascending)
    c = static_cast<char>(~c);
  return read_value(ascending, number);
}

}  // namespace freshet::bson
