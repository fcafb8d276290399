// SPDX-License-Identifier: Apache-2.0
#include "bson/decimal.h"

#include <bid_conf.h>
#include <bid_functions.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "bson/decimal_parts.h"

namespace freshet::bson::decimal {
namespace {

using Mode = unsigned;
using Flags = unsigned;

BID_UINT128 in(Decimal128 value) {
  return {{value.low, value.high}};
}
Decimal128 out(BID_UINT128 value) {
  return {value.w[0], value.w[1]};
}

// Sets the last digit's place to 10^exponent, rounding by `mode`. Requires: that makes it coarser.
Decimal128 quantize(Decimal128 value, int exponent, Mode mode) {
  Flags flags = 0;
  const Decimal128 model = put_together({.significand = 1, .exponent = exponent});
  return out(bid128_quantize(in(value), in(model), mode, &flags));
}

Decimal128 round_at(Decimal128 value, std::int32_t places, Mode mode) {
  const Parts parts = take_apart(value);
  if (parts.kind != Parts::Kind::Finite) return value;
  const int exponent = -std::clamp(places, -6000, 6000);
  return parts.exponent >= exponent ? value : quantize(value, exponent, mode);
}

// Skips digits; how many there were.
std::size_t digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9')
    ++count;
  text.remove_prefix(count);
  return count;
}

void sign(std::string_view& text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
}

// [sign] (digits [. digits] | . digits) [e [sign] digits], or infinity and not-a-number by name.
bool is_decimal_text(std::string_view text) {
  sign(text);
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "inf" || lower == "infinity" || lower == "nan") return true;
  std::size_t count = digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    count += digits(text);
  }
  if (count == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  sign(text);
  constexpr std::size_t kExponentDigitsMax = 9;
  const std::size_t exponent_digits = digits(text);
  return exponent_digits != 0 && exponent_digits <= kExponentDigitsMax && text.empty();
}

std::string digits_of(Uint128 value) {
  std::string text;
  do {
    text.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace

Decimal128 from_int64(std::int64_t value) {
  return out(bid128_from_int64(value));
}

Decimal128 from_double_exact(double value) {
  Flags flags = 0;
  return out(binary64_to_bid128(value, BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 from_double(double value) {
  constexpr int kDoubleDigits = 15;
  const Decimal128 full = from_double_exact(value);
  const Parts parts = take_apart(full);
  if (parts.kind != Parts::Kind::Finite || value == 0) {
    return parts.kind == Parts::Kind::Finite ? put_together({.negative = std::signbit(value)})
                                             : full;
  }
  const int exponent = parts.exponent + digit_count(parts.significand) - kDoubleDigits;
  if (parts.exponent >= exponent) {  // fewer digits than that: fill up with zeros
    Parts wide = parts;
    wide.significand *= power_of_ten(parts.exponent - exponent);
    wide.exponent = exponent;
    return put_together(wide);
  }
  const Decimal128 rounded = quantize(full, exponent, BID_ROUNDING_TO_NEAREST);
  const bool carried = digit_count(take_apart(rounded).significand) > kDoubleDigits;
  return carried ? quantize(rounded, exponent + 1, BID_ROUNDING_TO_NEAREST) : rounded;
}

std::optional<Decimal128> from_string(std::string_view text) {
  if (!is_decimal_text(text)) return std::nullopt;
  std::string copy(text);
  Flags flags = 0;
  const BID_UINT128 value = bid128_from_string(copy.data(), BID_ROUNDING_TO_NEAREST, &flags);
  if ((flags & BID_OVERFLOW_EXCEPTION) != 0) return std::nullopt;
  return out(value);
}

std::string to_string(Decimal128 value) {
  const Parts parts = take_apart(value);
  if (parts.kind == Parts::Kind::NotANumber) return "NaN";
  const std::string sign = parts.negative ? "-" : "";
  if (parts.kind == Parts::Kind::Infinite) return sign + "Infinity";
  std::string text = digits_of(parts.significand);
  const int point = static_cast<int>(text.size()) + parts.exponent;  // digits before the point
  constexpr int kLeadingZerosMax = 5;
  if (parts.exponent > 0 || point < -kLeadingZerosMax) {
    if (text.size() > 1) text.insert(1, ".");
    return fmt::format("{}{}E{:+}", sign, text, point - 1);
  }
  if (parts.exponent == 0) return sign + text;
  if (point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + text;
  text.insert(static_cast<std::size_t>(point), ".");
  return sign + text;
}

double to_double(Decimal128 value) {
  Flags flags = 0;
  return bid128_to_binary64(in(value), BID_ROUNDING_TO_NEAREST, &flags);
}

double to_double_toward_zero(Decimal128 value) {
  Flags flags = 0;
  return bid128_to_binary64(in(value), BID_ROUNDING_TO_ZERO, &flags);
}

std::optional<std::int64_t> to_int64(Decimal128 value) {
  Flags flags = 0;
  const auto number = bid128_to_int64_int(in(value), &flags);
  if ((flags & BID_INVALID_EXCEPTION) != 0) return std::nullopt;
  return number;
}

bool is_nan(Decimal128 value) {
  return take_apart(value).kind == Parts::Kind::NotANumber;
}
bool is_infinite(Decimal128 value) {
  return take_apart(value).kind == Parts::Kind::Infinite;
}

bool is_zero(Decimal128 value) {
  const Parts parts = take_apart(value);
  return parts.kind == Parts::Kind::Finite && parts.significand == 0;
}

bool is_negative(Decimal128 value) {
  return (value.high >> 63) != 0;
}

int compare(Decimal128 a, Decimal128 b) {
  Flags flags = 0;
  if (bid128_quiet_less(in(a), in(b), &flags) != 0) return -1;
  return bid128_quiet_equal(in(a), in(b), &flags) != 0 ? 0 : 1;
}

// Rounding keeps order: where the rounded double differs from `a`, it lies on the exact one's side.
// Where it does not, the exact one is above if rounding it down lost something, and below if
// rounding it up did.
int compare(Decimal128 a, double b) {
  Flags flags = 0;
  const Decimal128 down = out(binary64_to_bid128(b, BID_ROUNDING_DOWN, &flags));
  const int against_down = compare(a, down);
  if ((flags & BID_INEXACT_EXCEPTION) == 0) return against_down;
  return against_down <= 0 ? -1 : 1;
}

Decimal128 add(Decimal128 a, Decimal128 b) {
  Flags flags = 0;
  return out(bid128_add(in(a), in(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 subtract(Decimal128 a, Decimal128 b) {
  Flags flags = 0;
  return out(bid128_sub(in(a), in(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 multiply(Decimal128 a, Decimal128 b) {
  Flags flags = 0;
  return out(bid128_mul(in(a), in(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 divide(Decimal128 a, Decimal128 b) {
  Flags flags = 0;
  return out(bid128_div(in(a), in(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 modulo(Decimal128 a, Decimal128 b) {
  Flags flags = 0;
  return out(bid128_fmod(in(a), in(b), &flags));
}

Decimal128 negate(Decimal128 a) {
  return out(bid128_negate(in(a)));
}
Decimal128 abs(Decimal128 a) {
  return out(bid128_abs(in(a)));
}

Decimal128 ceil(Decimal128 a) {
  Flags flags = 0;
  return out(bid128_round_integral_positive(in(a), &flags));
}

Decimal128 floor(Decimal128 a) {
  Flags flags = 0;
  return out(bid128_round_integral_negative(in(a), &flags));
}

Decimal128 trunc(Decimal128 a, std::int32_t places) {
  return round_at(a, places, BID_ROUNDING_TO_ZERO);
}

Decimal128 round(Decimal128 a, std::int32_t places) {
  return round_at(a, places, BID_ROUNDING_TO_NEAREST);
}

Decimal128 sqrt(Decimal128 a) {
  Flags flags = 0;
  return out(bid128_sqrt(in(a), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 exp(Decimal128 a) {
  Flags flags = 0;
  return out(bid128_exp(in(a), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 ln(Decimal128 a) {
  Flags flags = 0;
  return out(bid128_log(in(a), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 log10(Decimal128 a) {
  Flags flags = 0;
  return out(bid128_log10(in(a), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 pow(Decimal128 a, Decimal128 b) {
  Flags flags = 0;
  return out(bid128_pow(in(a), in(b), BID_ROUNDING_TO_NEAREST, &flags));
}

}  // namespace freshet::bson::decimal
