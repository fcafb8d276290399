// SPDX-License-Identifier: Apache-2.0
#include "bson/key_decode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "bson/compare.h"
#include "bson/decimal.h"
#include "bson/json.h"
#include "bson/key.h"

namespace freshet::bson {
namespace {

Type number_type(const Value& value) {
  return is_numeric(value.type()) ? value.type() : Type::Int32;
}

void expect_back(const Value& value) {
  for (const bool descending : {false, true}) {
    std::string key;
    append_key(key, value, descending);
    append_key(key, Value::int32(7), descending);  // what stands behind is left alone
    std::string_view at = key;
    const Value back = take_value(at, descending, number_type(value));
    EXPECT_TRUE(identical(back, value)) << static_cast<int>(value.type());
    EXPECT_TRUE(identical(take_value(at, descending, Type::Int32), Value::int32(7)));
    EXPECT_TRUE(at.empty());
  }
}

TEST(KeyDecode, EveryTypeThatAKeyTells) {
  const std::string zeros("a\0b\0\0\1\xff", 7);
  for (const Value& value :
       {Value::null(), Value::undefined(), Value::min_key(), Value::max_key(),
        Value::boolean(false), Value::boolean(true), Value::string(""), Value::string("text"),
        Value::string(zeros), Value::string(std::string(300, 'x')), Value::binary(0, ""),
        Value::binary(4, zeros), Value::object_id(std::string("\1\2\3\4\5\6\7\0\xff\xfe\1\2", 12)),
        Value::date(0), Value::date(-1), Value::date(std::numeric_limits<std::int64_t>::min()),
        Value::timestamp(Timestamp{5, 6}), Value::regex("^a", "im"), Value::regex("", "")}) {
    expect_back(value);
  }
}

TEST(KeyDecode, NumbersOfTheTypeTheyHad) {
  SeededRandom random(7);
  std::vector<std::int64_t> integers{0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 2'000; ++i)
    integers.push_back(static_cast<std::int64_t>(random.next()) >> random.below(64));
  for (const std::int64_t integer : integers) {
    expect_back(Value::int64(integer));
    expect_back(Value::int32(static_cast<std::int32_t>(integer)));
    const auto real = static_cast<double>(integer);
    expect_back(Value::number(real));
    expect_back(Value::number(std::ldexp(real, static_cast<int>(random.below(2'000)) - 1'000)));
  }
  for (const double real :
       {0.5, -0.1, 1.5, -123.456, 1e300, 5e-324, -1e19, std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    expect_back(Value::number(real));
  }
}

TEST(KeyDecode, WhatAKeyDoesNotTellIsMissing) {
  const std::string document = from_json(R"({"d": {"a": 1}, "l": [1, "x"], "n": 1.5})");
  const View view(document);
  const auto decoded = [](ValueView value, Type number) {
    std::string key;
    append_key(key, value);
    std::string_view at = key;
    const Value back = take_value(at, false, number);
    EXPECT_TRUE(at.empty());
    return back;
  };
  EXPECT_TRUE(decoded(view["d"], Type::Int32).missing());
  EXPECT_TRUE(decoded(view["l"], Type::Int32).missing());
  EXPECT_TRUE(decoded(view["n"], Type::Int32).missing());
  EXPECT_TRUE(decoded(Value::int64(1LL << 40), Type::Int32).missing());
  const auto tenth = decimal::from_string("0.1");
  ASSERT_TRUE(tenth);
  EXPECT_TRUE(decoded(Value::decimal(*tenth), Type::Double).missing());
}

}  // namespace
}  // namespace freshet::bson
