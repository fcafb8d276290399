// SPDX-License-Identifier: Apache-2.0
// Decimal128 arithmetic and conversions, on Intel's library; only decimal.cpp includes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bson/view.h"

namespace freshet::bson::decimal {

Decimal128 from_int64(std::int64_t value);
Decimal128 from_double(double value);        ///< 15 significant digits, as MongoDB converts
Decimal128 from_double_exact(double value);  ///< 34 digits
/// nullopt when `text` is no number, or too large for one. Digits beyond the 34th are rounded.
std::optional<Decimal128> from_string(std::string_view text);
std::string to_string(Decimal128 value);
double to_double(Decimal128 value);
/// Truncates toward zero; nullopt when NaN, infinite or out of range.
std::optional<std::int64_t> to_int64(Decimal128 value);

bool is_nan(Decimal128 value);
bool is_infinite(Decimal128 value);
bool is_zero(Decimal128 value);
bool is_negative(Decimal128 value);
/// <0, 0, >0; requires neither is NaN.
int compare(Decimal128 a, Decimal128 b);
/// <0, 0, >0 by exact value, without rounding either; requires neither is NaN.
int compare(Decimal128 a, double b);
/// The double of largest magnitude that is not beyond `value`; requires it is not NaN.
double to_double_toward_zero(Decimal128 value);

Decimal128 add(Decimal128 a, Decimal128 b);
Decimal128 subtract(Decimal128 a, Decimal128 b);
Decimal128 multiply(Decimal128 a, Decimal128 b);
Decimal128 divide(Decimal128 a, Decimal128 b);
Decimal128 modulo(Decimal128 a, Decimal128 b);  ///< sign of the dividend
Decimal128 negate(Decimal128 a);
Decimal128 abs(Decimal128 a);
Decimal128 ceil(Decimal128 a);
Decimal128 floor(Decimal128 a);
/// Cuts off at 10^-places (places may be negative).
Decimal128 trunc(Decimal128 a, std::int32_t places = 0);
/// Rounds half to even at 10^-places (places may be negative).
Decimal128 round(Decimal128 a, std::int32_t places);
Decimal128 sqrt(Decimal128 a);
Decimal128 exp(Decimal128 a);
Decimal128 ln(Decimal128 a);
Decimal128 log10(Decimal128 a);
Decimal128 pow(Decimal128 a, Decimal128 b);

}  // namespace freshet::bson::decimal
