// SPDX-License-Identifier: Apache-2.0
// A Decimal128 taken apart into the integers it is made of; for decimal.cpp and key.cpp.
#pragma once

#include <cstdint>

#include "bson/view.h"

namespace freshet::bson::decimal {

__extension__ using Uint128 = unsigned __int128;

inline constexpr int kDigitsMax = 34;
inline constexpr int kExponentBias = 6176;

/// A finite value is ±significand · 10^exponent, significand < 10^34.
struct Parts {
  enum class Kind : std::uint8_t { Finite, Infinite, NotANumber };
  Kind kind = Kind::Finite;
  bool negative = false;
  Uint128 significand = 0;
  int exponent = 0;
};

/// 10^n. Requires: 0 <= n <= 38.
Uint128 power_of_ten(int n);
/// Decimal digits of `value`; 1 for zero.
int digit_count(Uint128 value);
/// Significands of 10^34 and more, which the format can express but does not allow, read as zero.
Parts take_apart(Decimal128 value);
/// Requires: significand < 10^34, exponent within the format's range.
Decimal128 put_together(const Parts& parts);

}  // namespace freshet::bson::decimal
