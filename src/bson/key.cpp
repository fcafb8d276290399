// SPDX-License-Identifier: Apache-2.0
// The grammar of a key, ascending. docs/formats/keys.md says why. Never change it in place: indexes
// hold these bytes.
//
//   key       = minkey 08 | undefined 0C | null 10 | number | string 38 text | document 40 fields |
//   array 48 elements
//             | binary 50 size:u32be subtype:u8 bytes | objectid 58 12 bytes | false 60 | true 61
//             | date 68 (ms xor 2^63):u64be | timestamp 70 value:u64be | regex 78 text text
//             | dbpointer 80 size:u32be namespace 12 bytes | code 88 text | scoped code 90 text
//             fields | maxkey F0
//   text      = bytes, each 00 written 00 FF; then 00 01
//   fields    = (rank:u8 name:cstring key)* 00            rank is the first byte of the type's
//   range elements  = key* 00 number    = nan 18 | -inf 19 | minus(magnitude) | zero 24 | magnitude
//   | +inf 2F magnitude = below one     25      (double << 1 | more):u64be [rest]
//             | to 2^63       26+n-1  (whole << 1 | fraction):n bytes be, n least [fraction55 << 1
//             | more :7 bytes be [rest]] | 2^63 and up   2E      (double << 1 | more):u64be [rest]
//   minus     = the first byte mirrored: 23, 22-n+1, 1A; every further byte inverted
//   rest      = (exponent of the first digit + 4000):u16be, the 34 digits as an integer:15 bytes be
//
// `double` is the bit pattern of the value cut to a double, `fraction55` the fraction's first 55
// binary digits, and `more` says that something is left. Only decimals leave something, and what is
// left of equal cuts they settle by their digits. So equal values have equal bytes whatever their
// type.
#include "bson/key.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/bytes.h"
#include "bson/decimal.h"
#include "bson/decimal_parts.h"
#include "bson/key_bytes.h"

namespace freshet::bson {
namespace {

using namespace key_bytes;
using decimal::Parts;
using decimal::Uint128;

constexpr std::size_t kSignificandBytes = 15;
constexpr std::size_t kRestBytes = 2 + kSignificandBytes;
constexpr int kExponentShift = 0x4000;
constexpr double kHugeFrom = 0x1p63;

class Writer {
 public:
  Writer(std::string& out, const StringOrder* order) : out_(out), order_(order) {}

  void value(ValueView value) {
    switch (value.type()) {
      case Type::Missing:
      case Type::Null:
      case Type::Undefined:
      case Type::MinKey:
      case Type::MaxKey:
        return byte(first_of(value.type()));
      case Type::Int32:
        return integer(value.as_int32());
      case Type::Int64:
        return integer(value.as_int64());
      case Type::Double:
        return real(value.as_double());
      case Type::Decimal128:
        return decimal(value.as_decimal());
      case Type::Bool:
        return byte(value.as_bool() ? kTrue : kFalse);
      default:
        break;
    }
    byte(first_of(value.type()));
    switch (value.type()) {
      case Type::String:
      case Type::Symbol:
        return ordered_text(value.as_string());
      case Type::Document:
        return fields(value.as_document());
      case Type::Array:
        return elements(value.as_document());
      case Type::Binary:
        return binary(value.as_binary());
      case Type::ObjectId:
        out_.append(value.as_object_id());
        return;
      case Type::Date:
        return append_be64(out_,
                           static_cast<std::uint64_t>(value.as_date_ms()) ^ std::uint64_t{1} << 63);
      case Type::Timestamp:
        return append_be64(out_, value.as_timestamp().value());
      case Type::Regex: {
        const RegexView regex = value.as_regex();
        text(regex.pattern);
        return text(regex.options);
      }
      case Type::DbPointer: {
        const DbPointerView pointer = value.as_db_pointer();
        append_be32(out_, static_cast<std::uint32_t>(pointer.ns.size()));
        out_.append(pointer.ns).append(pointer.object_id);
        return;
      }
      case Type::JavaScript:
        return text(value.as_string());
      case Type::JavaScriptWithScope: {
        const CodeWithScopeView code = value.as_code_with_scope();
        text(code.code);
        return fields(code.scope);
      }
      default:
        return;
    }
  }

 private:
  void byte(Byte value) { out_.push_back(static_cast<char>(value)); }

  void big_endian(Uint128 value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;)
      byte(static_cast<Byte>(value >> (8 * i)));
  }

  void text(std::string_view value) {
    for (;;) {
      const std::size_t zero = value.find('\0');
      out_.append(value.substr(0, zero));
      if (zero == std::string_view::npos) break;
      byte(0);
      byte(kTextZero);
      value.remove_prefix(zero + 1);
    }
    byte(0);
    byte(kTextEnd);
  }

  void ordered_text(std::string_view value) {
    if (order_ != nullptr) {
      text(order_->sort_key(value));
    } else {
      text(value);
    }
  }

  void binary(BinaryView binary) {
    append_be32(out_, static_cast<std::uint32_t>(binary.bytes.size()));
    byte(binary.subtype);
    out_.append(binary.bytes);
  }

  void fields(View document) {
    for (const Element& element : document) {
      byte(first_of(element.type()));
      out_.append(element.name()).push_back('\0');
      value(element);
    }
    byte(kEnd);
  }

  void elements(View array) {
    for (const Element& element : array)
      value(element);
    byte(kEnd);
  }

  // Numbers: the bytes of the magnitude, then mirrored when negative.

  void mirror_from(std::size_t start) {
    out_[start] = static_cast<char>(mirrored(static_cast<Byte>(out_[start])));
    for (std::size_t i = start + 1; i < out_.size(); ++i)
      out_[i] = static_cast<char>(~out_[i]);
  }

  // whole < 2^63
  void whole(std::uint64_t whole, bool fraction) {
    const std::uint64_t word = whole << 1 | static_cast<std::uint64_t>(fraction);
    const auto bytes = static_cast<std::size_t>((std::bit_width(word) + 7) / 8);
    byte(static_cast<Byte>(kWhole + bytes - 1));
    big_endian(word, bytes);
  }

  void fraction(std::uint64_t fraction55, bool more) {
    big_endian(fraction55 << 1 | static_cast<std::uint64_t>(more), kFractionBytes);
  }

  void cut_double(Byte tag, double cut, bool more) {
    byte(tag);
    append_be64(out_, std::bit_cast<std::uint64_t>(cut) << 1 | static_cast<std::uint64_t>(more));
  }

  void integer(std::int64_t number) {
    if (number == 0) return byte(kZero);
    const std::size_t start = out_.size();
    const auto bits = static_cast<std::uint64_t>(number);
    const std::uint64_t magnitude = number < 0 ? 0 - bits : bits;
    if (magnitude >> 63 != 0) {
      cut_double(kHuge, kHugeFrom, false);
    } else {
      whole(magnitude, false);
    }
    if (number < 0) mirror_from(start);
  }

  void real(double number) {
    if (std::isnan(number)) return byte(kNan);
    if (std::isinf(number)) return byte(number < 0 ? kMinusInfinity : kInfinity);
    if (number == 0) return byte(kZero);
    const std::size_t start = out_.size();
    const double magnitude = std::fabs(number);
    if (magnitude < 1) {
      cut_double(kBelowOne, magnitude, false);
    } else if (magnitude >= kHugeFrom) {
      cut_double(kHuge, magnitude, false);
    } else {
      const auto before = static_cast<std::uint64_t>(magnitude);
      const double after = magnitude - static_cast<double>(before);
      whole(before, after != 0);
      if (after != 0) fraction(static_cast<std::uint64_t>(std::ldexp(after, kFractionBits)), false);
    }
    if (number < 0) mirror_from(start);
  }

  void decimal(Decimal128 number) {
    Parts parts = decimal::take_apart(number);
    if (parts.kind == Parts::Kind::NotANumber) return byte(kNan);
    if (parts.kind == Parts::Kind::Infinite)
      return byte(parts.negative ? kMinusInfinity : kInfinity);
    if (parts.significand == 0) return byte(kZero);
    const std::size_t start = out_.size();
    const bool negative = std::exchange(parts.negative, false);
    const Decimal128 magnitude = decimal::put_together(parts);
    const double cut = decimal::to_double_toward_zero(magnitude);
    bool more = false;
    if (cut < 1 || cut >= kHugeFrom) {
      more = decimal::compare(magnitude, cut) != 0;
      cut_double(cut < 1 ? kBelowOne : kHuge, cut, more);
    } else if (parts.exponent >= 0) {
      whole(static_cast<std::uint64_t>(parts.significand * decimal::power_of_ten(parts.exponent)),
            false);
    } else {
      more = decimal_fraction(parts);
    }
    if (more) rest(parts);
    if (negative) mirror_from(start);
  }

  // Requires: 1 <= value < 2^63, exponent < 0; so the exponent is at least -33.
  bool decimal_fraction(const Parts& parts) {
    const Uint128 one = decimal::power_of_ten(-parts.exponent);
    Uint128 left = parts.significand % one;
    whole(static_cast<std::uint64_t>(parts.significand / one), left != 0);
    if (left == 0) return false;
    std::uint64_t bits = 0;
    for (int i = 0; i < kFractionBits; ++i) {
      left *= 2;
      const bool one_more = left >= one;
      if (one_more) left -= one;
      bits = bits << 1 | static_cast<std::uint64_t>(one_more);
    }
    fraction(bits, left != 0);
    return left != 0;
  }

  void rest(const Parts& parts) {
    const int digits = decimal::digit_count(parts.significand);
    big_endian(static_cast<std::uint64_t>(parts.exponent + digits - 1 + kExponentShift), 2);
    big_endian(parts.significand * decimal::power_of_ten(decimal::kDigitsMax - digits),
               kSignificandBytes);
  }

  std::string& out_;
  const StringOrder* order_;
};

// Finds the end of a key without decoding it. `flip` undoes descending order.
class Reader {
 public:
  Reader(std::string_view key, bool descending) : key_(key), flip_(descending ? 0xFF : 0) {}

  std::size_t key_end(std::size_t at) const {
    const Byte tag = byte(at++);
    switch (tag) {
      case kString:
      case kCode:
        return text_end(at);
      case kRegex:
        return text_end(text_end(at));
      case kDocument:
        return fields_end(at);
      case kCodeWithScope:
        return fields_end(text_end(at));
      case kArray:
        while (byte(at) != kEnd)
          at = key_end(at);
        return at + 1;
      case kBinary:
        return at + 5 + size(at);
      case kDbPointer:
        return at + 16 + size(at);
      case kObjectId:
        return at + 12;
      case kDate:
      case kTimestamp:
        return at + 8;
      default:
        return number_end(tag, at);
    }
  }

 private:
  Byte byte(std::size_t at) const {
    return at < key_.size() ? static_cast<Byte>(key_[at]) ^ flip_ : kEnd;
  }

  std::size_t size(std::size_t at) const {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i)
      size = size << 8 | byte(at + i);
    return size;
  }

  std::size_t text_end(std::size_t at) const {
    while (at < key_.size()) {
      if (byte(at++) == 0 && byte(at++) == kTextEnd) break;
    }
    return at;
  }

  std::size_t fields_end(std::size_t at) const {
    while (byte(at) != kEnd) {
      ++at;
      while (byte(at) != 0)
        ++at;
      at = key_end(at + 1);
    }
    return at + 1;
  }

  std::size_t number_end(Byte tag, std::size_t at) const {
    if (tag <= kMinusInfinity || tag >= kInfinity || tag == kZero) return at;  // one byte is all
    const bool negative = tag < kZero;
    if (negative) tag = mirrored(tag);
    const auto last_bit = [&](std::size_t end) {
      return ((byte(end - 1) ^ (negative ? 1U : 0U)) & 1U) != 0;
    };
    if (tag == kBelowOne || tag == kHuge) {
      at += 8;
    } else {
      at += static_cast<std::size_t>(tag - kWhole) + 1;
      if (!last_bit(at)) return at;
      at += kFractionBytes;
    }
    return last_bit(at) ? at + kRestBytes : at;
  }

  const std::string_view key_;
  const Byte flip_;
};

}  // namespace

void append_key(std::string& out, ValueView value, bool descending, const StringOrder* order) {
  const std::size_t start = out.size();
  Writer(out, order).value(value);
  if (!descending) return;
  for (std::size_t i = start; i < out.size(); ++i)
    out[i] = static_cast<char>(~out[i]);
}

std::size_t key_length(std::string_view key, bool descending) {
  return key.empty() ? 0 : std::min(Reader(key, descending).key_end(0), key.size());
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<Byte>(end.back()) == 0xFF)
    end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<Byte>(end.back()) + 1);
  return end;
}

}  // namespace freshet::bson
