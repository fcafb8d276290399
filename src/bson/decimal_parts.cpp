// SPDX-License-Identifier: Apache-2.0
// Layout of a BID decimal128, from the top bit: sign; then either 14 bits of exponent and 113 of
// significand, or the bits 11, 14 bits of exponent and a significand too large to be allowed, or
// 11110 (infinity), 11111 (not a number).
#include "bson/decimal_parts.h"

namespace freshet::bson::decimal {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
constexpr std::uint64_t kExponentMask = 0x3FFF;
constexpr std::uint64_t kHighSignificandMask = (std::uint64_t{1} << 49) - 1;

}  // namespace

Uint128 power_of_ten(int n) {
  Uint128 power = 1;
  for (int i = 0; i < n; ++i)
    power *= 10;
  return power;
}

int digit_count(Uint128 value) {
  int count = 1;
  while (value >= 10) {
    value /= 10;
    ++count;
  }
  return count;
}

Parts take_apart(Decimal128 value) {
  Parts parts;
  parts.negative = (value.high & kSignBit) != 0;
  if ((value.high >> 58 & 0x1F) == 0x1F) {
    parts.kind = Parts::Kind::NotANumber;
  } else if ((value.high >> 58 & 0x1F) == 0x1E) {
    parts.kind = Parts::Kind::Infinite;
  } else if ((value.high >> 61 & 3) == 3) {
    parts.exponent = static_cast<int>(value.high >> 47 & kExponentMask) - kExponentBias;
  } else {
    parts.exponent = static_cast<int>(value.high >> 49 & kExponentMask) - kExponentBias;
    parts.significand = Uint128{value.high & kHighSignificandMask} << 64 | value.low;
    if (parts.significand >= power_of_ten(kDigitsMax)) parts.significand = 0;
  }
  return parts;
}

Decimal128 put_together(const Parts& parts) {
  const std::uint64_t sign = parts.negative ? kSignBit : 0;
  if (parts.kind == Parts::Kind::Infinite) return {0, sign | std::uint64_t{0x1E} << 58};
  if (parts.kind == Parts::Kind::NotANumber) return {0, sign | std::uint64_t{0x1F} << 58};
  const auto exponent = static_cast<std::uint64_t>(parts.exponent + kExponentBias);
  return {static_cast<std::uint64_t>(parts.significand),
          sign | exponent << 49 | static_cast<std::uint64_t>(parts.significand >> 64)};
}

}  // namespace freshet::bson::decimal
