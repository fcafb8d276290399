// SPDX-License-Identifier: Apache-2.0
#include "bson/key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "bson/builder.h"
#include "bson/decimal.h"
#include "bson/decimal_parts.h"
#include "bson/json.h"
#include "bson/value.h"

namespace freshet::bson {
namespace {

std::string key(ValueView value, bool descending = false) {
  std::string out;
  append_key(out, value, descending);
  return out;
}

int sign(int value) {
  return (value > 0) - (value < 0);
}

Value decimal_value(const char* text) {
  return Value::decimal(decimal::from_string(text).value());
}

Value raw_value(Type type, const std::string& bytes) {
  return Value::copy({type, bytes.data(), static_cast<std::uint32_t>(bytes.size())});
}

Value symbol(std::string_view text) {
  const Value string = Value::string(text);
  return raw_value(Type::Symbol, std::string(string.view().raw()));
}

Value code(std::string_view text) {
  const Value string = Value::string(text);
  return raw_value(Type::JavaScript, std::string(string.view().raw()));
}

Value scoped_code(std::string_view text, std::string_view scope_json) {
  const Value string = Value::string(text);
  const std::string scope = from_json(scope_json);
  std::string bytes;
  append_le(bytes, static_cast<std::uint32_t>(4 + string.view().raw().size() + scope.size()));
  bytes += string.view().raw();
  bytes += scope;
  return raw_value(Type::JavaScriptWithScope, bytes);
}

Value pointer(std::string_view ns, char fill) {
  const Value string = Value::string(ns);
  return raw_value(Type::DbPointer, std::string(string.view().raw()) + std::string(12, fill));
}

std::vector<Value> numbers() {
  std::vector<Value> out;
  for (const double d : {0.0,
                         -0.0,
                         1.0,
                         -1.0,
                         0.1,
                         0.5,
                         1.5,
                         -1.5,
                         2.0,
                         3.14,
                         255.0,
                         256.0,
                         1e15,
                         1e16,
                         1e17,
                         1e18,
                         1e19,
                         1e300,
                         0x1p53,
                         0x1p53 + 2,
                         0x1p62,
                         0x1p63,
                         -0x1p63,
                         0x1p64,
                         0x1p63 - 1024,
                         5e-324,
                         2.2250738585072014e-308,
                         1e-5,
                         std::numeric_limits<double>::max(),
                         std::numeric_limits<double>::infinity(),
                         -std::numeric_limits<double>::infinity(),
                         std::numeric_limits<double>::quiet_NaN(),
                         1 - 0x1p-53,
                         1 + 0x1p-52,
                         4503599627370495.5}) {
    out.push_back(Value::number(d));
    out.push_back(Value::number(-d));
  }
  for (const std::int64_t i :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{127}, std::int64_t{128},
        std::int64_t{255}, std::int64_t{256}, std::int64_t{32767}, std::int64_t{32768},
        std::int64_t{1} << 31, std::int64_t{1} << 53, (std::int64_t{1} << 53) + 1,
        std::int64_t{1} << 62, std::numeric_limits<std::int64_t>::max()}) {
    out.push_back(Value::int64(i));
    out.push_back(Value::int64(-i));
    if (i <= std::numeric_limits<std::int32_t>::max())
      out.push_back(Value::int32(static_cast<std::int32_t>(i)));
  }
  out.push_back(Value::int64(std::numeric_limits<std::int64_t>::min()));
  for (const char* text : {"0",
                           "-0",
                           "0E+6000",
                           "1",
                           "1.0",
                           "1.000000000000000000000000000000000",
                           "-1",
                           "0.1",
                           "0.10",
                           "-0.1",
                           "0.1000000000000000055511151231257827",
                           "0.1000000000000000055511151231257828",
                           "1.5",
                           "2.5",
                           "3.14",
                           "9007199254740993",
                           "9007199254740993.000000000000000001",
                           "9007199254740992.999",
                           "9223372036854775807",
                           "9223372036854775807.5",
                           "9223372036854775808",
                           "9223372036854775808.1",
                           "-9223372036854775808",
                           "-9223372036854775808.1",
                           "1E+400",
                           "-1E+400",
                           "1E-400",
                           "-1E-400",
                           "1E-6176",
                           "9.99E+6144",
                           "9999999999999999999999999999999999E+6111",
                           "1.000000000000000000000000000000001",
                           "0.9999999999999999999999999999999999",
                           "4.940656458412465441765687928682213E-324",
                           "4E-324",
                           "5E-324",
                           "1.797693134862315708145274237317043E+308",
                           "1.797693134862315708145274237317044E+308",
                           "1E+309",
                           "NaN",
                           "Infinity",
                           "-Infinity",
                           "1E+18",
                           "1E+19",
                           "123456789.987654321"}) {
    out.push_back(decimal_value(text));
  }
  // An inadmissible significand reads as zero.
  out.push_back(Value::decimal({0, 0x6C10000000000000ULL}));
  return out;
}

std::vector<Value> others() {
  using std::string_literals::operator""s;
  std::vector<Value> out = {Value::null(),    Value::undefined(),    Value::min_key(),
                            Value::max_key(), Value::boolean(false), Value::boolean(true)};
  for (const auto& text : {""s, "a"s, "a\0"s, "a\0b"s, "a\x01"s, "ab"s, "b"s, "\xFF"s, "\0"s,
                           "\0\0"s, "\0\xFF"s, "a\xFF"s}) {
    out.push_back(Value::string(text));
    out.push_back(symbol(text));
    out.push_back(code(text));
    out.push_back(Value::binary(0, text));
    out.push_back(Value::binary(0x80, text));
  }
  for (const char* json :
       {"{}", R"({"a":1})", R"({"a":{"$numberDouble":"1"}})", R"({"a":1,"b":2})", R"({"b":1})",
        R"({"a":"x"})", R"({"":null})", R"({"a":{"b":1}})", R"({"a":[]})", R"({"a":true})",
        R"({"a":false,"b":1})", R"({"aa":1})", R"({"a":-5})", R"({"a":-5,"b":1})", R"({"b":-6})",
        R"({"x":{"$minKey":1}})", R"({"x":{"$maxKey":1}})"}) {
    out.push_back(Value::document(from_json(json)));
  }
  for (const char* json : {R"({"0":1})", R"({"0":1,"1":2})", R"({"0":2})", "{}", R"({"0":"a"})",
                           R"({"0":null})", R"({"0":{"a":1}})", R"({"0":[1]})", R"({"7":1})"}) {
    out.push_back(Value::array(from_json(json)));
  }
  for (const std::int64_t ms :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1577836800000},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    out.push_back(Value::date(ms));
    out.push_back(Value::timestamp(Timestamp::from(static_cast<std::uint64_t>(ms))));
  }
  out.push_back(Value::object_id(std::string(12, 'a')));
  out.push_back(Value::object_id(std::string(12, '\xF0')));
  out.push_back(Value::regex("a", ""));
  out.push_back(Value::regex("a", "i"));
  out.push_back(Value::regex("ab", ""));
  out.push_back(pointer("a.b", 'x'));
  out.push_back(pointer("b", 'x'));
  out.push_back(pointer("a.b", 'y'));
  out.push_back(scoped_code("f", "{}"));
  out.push_back(scoped_code("f", R"({"a":1})"));
  out.push_back(scoped_code("", R"({"a":2})"));
  return out;
}

Value random_number(Random& random) {
  switch (random.below(6)) {
    case 0:
      return Value::int32(static_cast<std::int32_t>(random.next() >> random.below(64)));
    case 1:
      return Value::int64(static_cast<std::int64_t>(random.next() >> random.below(64)) *
                          (random.below(2) == 0 ? 1 : -1));
    case 2:
      return Value::number(
          std::ldexp(random.unit() - 0.5, static_cast<int>(random.below(140)) - 70));
    case 3:
      return Value::number(
          static_cast<double>(static_cast<std::int64_t>(random.below(2000)) - 1000) / 8);
    default:
      break;
  }
  const bool near = random.below(2) == 0;  // among the doubles and integers, or anywhere
  decimal::Uint128 significand = decimal::Uint128{random.next()} << 64 | random.next();
  significand %= decimal::power_of_ten(1 + static_cast<int>(random.below(34)));
  const int exponent =
      static_cast<int>(near ? random.below(50) : random.below(12000)) - (near ? 40 : 6100);
  return Value::decimal(decimal::put_together(
      {.negative = random.below(2) == 0, .significand = significand, .exponent = exponent}));
}

void expect_same_order(const Value& a, const Value& b) {
  const int expected = sign(compare(a, b));
  const std::string left = key(a);
  const std::string right = key(b);
  ASSERT_EQ(sign(left.compare(right)), expected)
      << to_json(a, JsonMode::Canonical) << " and " << to_json(b, JsonMode::Canonical) << ": "
      << to_hex(left) << " " << to_hex(right);
  ASSERT_EQ(sign(key(a, true).compare(key(b, true))), -expected)
      << "descending: " << to_json(a) << " and " << to_json(b);
  if (expected == 0) {
    ASSERT_EQ(hash(a), hash(b)) << to_json(a, JsonMode::Canonical) << " "
                                << to_json(b, JsonMode::Canonical);
  }
}

TEST(KeyTest, OrderIsThatOfCompareForSpecialValues) {
  std::vector<Value> all = numbers();
  for (const Value& value : others())
    all.push_back(value);
  for (const Value& a : all) {
    for (const Value& b : all)
      expect_same_order(a, b);
  }
}

TEST(KeyTest, OrderIsThatOfCompareForRandomNumbers) {
  SeededRandom random(7);
  const std::vector<Value> special = numbers();
  for (int i = 0; i < 40'000; ++i) {
    const Value a = random_number(random);
    const Value b =
        random.below(4) == 0 ? special[random.below(special.size())] : random_number(random);
    expect_same_order(a, b);
    if (HasFatalFailure()) return;
  }
}

// What a decimal says exactly, a double or an integer next to it says in other bytes: they must
// meet or part.
TEST(KeyTest, OrderIsThatOfCompareForNeighbours) {
  SeededRandom random(11);
  for (int i = 0; i < 20'000; ++i) {
    const double d = std::ldexp(random.unit(), static_cast<int>(random.below(160)) - 60);
    const Decimal128 rounded = decimal::from_double_exact(d);
    decimal::Parts parts = decimal::take_apart(rounded);
    parts.significand += random.below(3);
    if (parts.significand >= decimal::power_of_ten(34)) continue;
    expect_same_order(Value::number(d), Value::decimal(decimal::put_together(parts)));
    if (d < 0x1p63) {
      const auto whole = static_cast<std::int64_t>(d);
      expect_same_order(Value::int64(whole), Value::number(d));
      expect_same_order(Value::int64(whole), Value::decimal(decimal::put_together(parts)));
    }
    if (HasFatalFailure()) return;
  }
}

TEST(KeyTest, EqualNumbersHaveEqualBytes) {
  const std::string one = key(Value::int32(1));
  EXPECT_EQ(one, key(Value::int64(1)));
  EXPECT_EQ(one, key(Value::number(1)));
  EXPECT_EQ(one, key(decimal_value("1.000")));
  EXPECT_EQ(to_hex(one), "2602");
  EXPECT_EQ(key(Value::number(0.5)), key(decimal_value("0.50")));
  EXPECT_EQ(key(Value::number(-2.25)), key(decimal_value("-2.25")));
  EXPECT_EQ(key(Value::number(0x1p100)), key(decimal_value("1267650600228229401496703205376")));
  EXPECT_NE(key(Value::number(0.1)), key(decimal_value("0.1")));
  EXPECT_EQ(key(Value::number(-0.0)), key(decimal_value("-0E-10")));
}

// Indexes hold these bytes: they must never change.
TEST(KeyTest, BytesAreThoseOfTheFormatPage) {
  EXPECT_EQ(to_hex(key(Value::int32(0))), "24");
  EXPECT_EQ(to_hex(key(Value::int32(-1))), "22fd");
  EXPECT_EQ(to_hex(key(Value::int32(300))), "270258");
  EXPECT_EQ(to_hex(key(Value::number(1.5))), "260380000000000000");
  EXPECT_EQ(to_hex(key(Value::string("a"))), "38610001");
  EXPECT_EQ(to_hex(key(Value::document(from_json(R"({"a":1})")))), "40186100260200");
  EXPECT_EQ(to_hex(key(Value::array(from_json(R"({"0":1,"1":"a"})")))), "4826023861000100");
}

TEST(KeyTest, ConcatenatedKeysComeApart) {
  std::vector<Value> all = numbers();
  for (const Value& value : others())
    all.push_back(value);
  SeededRandom random(3);
  for (const Value& value : all) {
    const Value next = all[random.below(all.size())];
    for (const bool descending : {false, true}) {
      const std::string first = key(value, descending);
      EXPECT_EQ(key_length(first + key(next, !descending), descending), first.size())
          << to_json(value);
    }
  }
}

TEST(KeyTest, NoKeyIsAPrefixOfAnotherOne) {
  std::vector<Value> all = numbers();
  for (const Value& value : others())
    all.push_back(value);
  for (const Value& a : all) {
    for (const Value& b : all) {
      if (compare(a, b) == 0) continue;
      const std::string left = key(a);
      EXPECT_FALSE(key(b).starts_with(left)) << to_json(a) << " " << to_json(b);
    }
  }
}

TEST(KeyTest, PrefixEndIsAboveEverythingWithThePrefix) {
  using std::string_literals::operator""s;
  EXPECT_EQ(prefix_end("ab"), "ac");
  EXPECT_EQ(prefix_end("a\xFF\xFF"s), "b");
  EXPECT_EQ(prefix_end("\xFF"s), "");
  EXPECT_EQ(prefix_end(""), "");
}

class Reversed final : public StringOrder {
 public:
  int compare(std::string_view a, std::string_view b) const override { return b.compare(a); }
  std::string sort_key(std::string_view text) const override {
    std::string out;
    for (const char c : text)
      out.push_back(static_cast<char>(~c));
    out.push_back('\xFF');
    return out;
  }
};

TEST(KeyTest, StringOrderReachesNestedStrings) {
  const Reversed reversed;
  const Value a = Value::document(from_json(R"({"x":["a"]})"));
  const Value b = Value::document(from_json(R"({"x":["b"]})"));
  EXPECT_LT(compare(a, b), 0);
  EXPECT_GT(compare(a, b, &reversed), 0);
  std::string left;
  std::string right;
  append_key(left, a, false, &reversed);
  append_key(right, b, false, &reversed);
  EXPECT_GT(left, right);
  EXPECT_EQ(hash(a, &reversed), hash(Value::copy(a), &reversed));
}

}  // namespace
}  // namespace freshet::bson
