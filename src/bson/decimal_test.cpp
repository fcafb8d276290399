// SPDX-License-Identifier: Apache-2.0
#include "bson/decimal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "bson/compare.h"
#include "bson/decimal_parts.h"
#include "bson/value.h"

namespace freshet::bson::decimal {
namespace {

Decimal128 d(const char* text) {
  return from_string(text).value();
}

TEST(DecimalTest, TextRoundTrips) {
  for (const char* text :
       {"0", "-0", "0.00", "0E+3", "1", "-1.50", "1E+3", "1.2E+10", "0.000001", "1E-7", "1.23E-8",
        "Infinity", "-Infinity", "NaN", "9.999999999999999999999999999999999E+6144", "1E-6176",
        "1234567890123456789012345678901234", "0.001234", "12345.6789"}) {
    EXPECT_EQ(to_string(d(text)), text);
  }
}

TEST(DecimalTest, TextThatIsNoNumber) {
  for (const char* text : {"", " 1", "1 ", "1.2.3", "e5", "1e", "1e+", "--1", "0x10", "infin",
                           "1E+7000", ".", "+", "1e99999999999"}) {
    EXPECT_FALSE(from_string(text)) << text;
  }
  EXPECT_EQ(to_string(d("+.5")), "0.5");
  EXPECT_EQ(to_string(d("5.")), "5");
  EXPECT_EQ(to_string(d("-inf")), "-Infinity");
  EXPECT_EQ(to_string(d("12345678901234567890123456789012345")),
            "1.234567890123456789012345678901234E+34");
}

TEST(DecimalTest, DoublesBecomeFifteenDigits) {
  EXPECT_EQ(to_string(from_double(2.5)), "2.50000000000000");
  EXPECT_EQ(to_string(from_double(-0.1)), "-0.100000000000000");
  EXPECT_EQ(to_string(from_double(0.0)), "0");
  EXPECT_EQ(to_string(from_double(-0.0)), "-0");
  EXPECT_EQ(to_string(from_double(1e300)), "1.00000000000000E+300");
  EXPECT_EQ(to_string(from_double(9.9999999999999995)), "10.0000000000000");
  EXPECT_EQ(to_string(from_double(std::numeric_limits<double>::infinity())), "Infinity");
  EXPECT_EQ(to_string(from_double(std::nan(""))), "NaN");
  EXPECT_EQ(to_string(from_double_exact(0.1)), "0.1000000000000000055511151231257827");
}

TEST(DecimalTest, Arithmetic) {
  EXPECT_EQ(to_string(add(d("0.1"), d("0.2"))), "0.3");
  EXPECT_EQ(to_string(subtract(d("1"), d("0.9"))), "0.1");
  EXPECT_EQ(to_string(multiply(d("1.5"), d("-2"))), "-3.0");
  EXPECT_EQ(to_string(divide(d("1"), d("8"))), "0.125");
  EXPECT_EQ(to_string(divide(d("1"), d("0"))), "Infinity");
  EXPECT_EQ(to_string(modulo(d("-7"), d("3"))), "-1");
  EXPECT_EQ(to_string(round(d("2.5"), 0)), "2");
  EXPECT_EQ(to_string(round(d("3.5"), 0)), "4");
  EXPECT_EQ(to_string(round(d("1.2345"), 2)), "1.23");
  EXPECT_EQ(to_string(round(d("1250"), -2)), "1.2E+3");
  EXPECT_EQ(to_string(trunc(d("-1.99"))), "-1");
  EXPECT_EQ(to_string(trunc(d("-1.99"), 1)), "-1.9");
  EXPECT_EQ(to_string(ceil(d("1.1"))), "2");
  EXPECT_EQ(to_string(floor(d("-1.1"))), "-2");
  EXPECT_EQ(to_string(sqrt(d("4"))), "2");
  EXPECT_EQ(to_string(abs(d("-4"))), "4");
  EXPECT_EQ(to_int64(d("-1.9")), -1);
  EXPECT_EQ(to_int64(d("9223372036854775807")), std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(to_int64(d("9223372036854775808")));
  EXPECT_FALSE(to_int64(d("NaN")));
}

TEST(DecimalTest, ComparesWithDoublesExactly) {
  EXPECT_LT(compare(d("0.1"), 0.1), 0);
  EXPECT_GT(compare(d("0.3"), 0.3), 0);
  EXPECT_EQ(compare(d("0.5"), 0.5), 0);
  // 0.1 is 0.1000000000000000055511151231257827021…
  EXPECT_LT(compare(d("0.1000000000000000055511151231257827"), 0.1), 0);
  EXPECT_GT(compare(d("0.1000000000000000055511151231257828"), 0.1), 0);
  EXPECT_GT(compare(d("-0.1000000000000000055511151231257827"), -0.1), 0);
  EXPECT_LT(compare(d("-0.1000000000000000055511151231257828"), -0.1), 0);
  EXPECT_LT(compare(d("1E-400"), 5e-324), 0);
  EXPECT_GT(compare(d("1E+400"), 1e308), 0);
  EXPECT_EQ(compare(d("Infinity"), std::numeric_limits<double>::infinity()), 0);
}

TEST(DecimalTest, IntegersAndDoublesCompareExactly) {
  const auto order = [](Value a, Value b) { return bson::compare(a, b); };
  EXPECT_GT(order(Value::int64((std::int64_t{1} << 53) + 1), Value::number(0x1p53)), 0);
  EXPECT_LT(order(Value::int64(std::numeric_limits<std::int64_t>::max()), Value::number(0x1p63)),
            0);
  EXPECT_EQ(order(Value::int64(std::numeric_limits<std::int64_t>::min()), Value::number(-0x1p63)),
            0);
  EXPECT_LT(order(Value::int32(-2), Value::number(-1.5)), 0);
  EXPECT_GT(order(Value::int32(-1), Value::number(-1.5)), 0);
  EXPECT_EQ(order(Value::number(-0.0), Value::int32(0)), 0);
  EXPECT_LT(order(Value::number(std::nan("")), Value::decimal(d("-Infinity"))), 0);
  EXPECT_EQ(order(Value::number(std::nan("")), Value::decimal(d("NaN"))), 0);
}

TEST(DecimalTest, TakesApartAndPutsTogether) {
  for (const char* text :
       {"0", "1", "-1.50", "1234567890123456789012345678901234", "1E-6176", "Infinity", "NaN"}) {
    const Decimal128 value = d(text);
    const Decimal128 again = put_together(take_apart(value));
    EXPECT_EQ(again.low, value.low) << text;
    EXPECT_EQ(again.high, value.high) << text;
  }
}

}  // namespace
}  // namespace freshet::bson::decimal
