// SPDX-License-Identifier: Apache-2.0
// A range holds the keys of exactly those values that the comparison finds: every operator, every
// operand, every value of a list full of edges.
#include "stream/key_range.h"

#include <gtest/gtest.h>

#include <string>

#include "bson/compare.h"
#include "bson/json.h"
#include "bson/view.h"

namespace freshet::stream {
namespace {

using bson::Element;
using bson::ValueView;

constexpr Comparison kOperators[] = {Comparison::Equal, Comparison::Less, Comparison::LessEqual,
                                     Comparison::Greater, Comparison::GreaterEqual};

std::string values() {
  return bson::from_json(R"({"v": [
      {"$minKey": 1}, {"$undefined": true}, null, {"$numberDouble": "NaN"},
      {"$numberDecimal": "NaN"}, {"$numberDouble": "-Infinity"}, {"$numberDecimal": "-1E+6000"},
      -300, -1.5, -1, -0.25, -0.0, 0, {"$numberDecimal": "0E+3"}, 0.25,
      {"$numberDecimal": "0.1"}, 0.1, 1, {"$numberLong": "1"}, {"$numberDecimal": "1.0"}, 1.5,
      {"$numberDecimal": "1.50000000000000000000000001"}, 255, 256,
      {"$numberLong": "9007199254740993"}, 9007199254740992.0, {"$numberLong": "9223372036854775807"},
      {"$numberLong": "-9223372036854775808"}, 1e300, {"$numberDouble": "Infinity"},
      "", "a", "a\u0000", "a\u0000b", "a\u0001", "ab", "b", "\u00ff", "\uffff", {"$symbol": "a"},
      {}, {"a": 1}, [], [1], ["a"],
      {"$binary": {"base64": "", "subType": "00"}}, {"$binary": {"base64": "AQ==", "subType": "00"}},
      {"$binary": {"base64": "AQ==", "subType": "04"}}, {"$binary": {"base64": "/w==", "subType": "00"}},
      {"$oid": "000000000000000000000000"}, {"$oid": "ffffffffffffffffffffffff"},
      false, true, {"$date": {"$numberLong": "-1"}}, {"$date": {"$numberLong": "0"}},
      {"$date": {"$numberLong": "9223372036854775807"}}, {"$timestamp": {"t": 0, "i": 0}},
      {"$timestamp": {"t": 4294967295, "i": 4294967295}},
      {"$regularExpression": {"pattern": "a", "options": ""}}, {"$maxKey": 1}]})");
}

bool holds(const KeyRange& range, ValueView value) {
  std::string place;
  append_place(place, value);
  return range.begin <= place && place < range.end;
}

bool fits(Comparison op, int order) {
  switch (op) {
    case Comparison::Equal:
      return order == 0;
    case Comparison::Less:
      return order < 0;
    case Comparison::LessEqual:
      return order <= 0;
    case Comparison::Greater:
      return order > 0;
    case Comparison::GreaterEqual:
      return order >= 0;
  }
  return false;
}

/// Calls test(op, operand, value) for all there are.
template <typename Test>
void for_each_comparison(Test test) {
  const std::string bytes = values();
  const bson::View list = bson::View(bytes)["v"].as_document();
  for (const Comparison op : kOperators) {
    for (const Element& operand : list) {
      test(op, operand.value(), ValueView());
      for (const Element& value : list)
        test(op, operand.value(), value.value());
    }
  }
}

std::string text_of(Comparison op, ValueView operand, ValueView value) {
  return "operator " + std::to_string(static_cast<int>(op)) + ": " +
         (value.missing() ? "missing" : bson::to_json(value)) + " against " +
         bson::to_json(operand);
}

TEST(KeyRangeTest, HoldsWhatMatchOperatorsFind) {
  int held = 0;
  for_each_comparison([&](Comparison op, ValueView operand, ValueView value) {
    const std::optional<KeyRange> range = range_of_match(op, operand);
    if (!range) return;
    const query::ComparisonNode node("p", op, operand, nullptr);
    ASSERT_EQ(holds(*range, value), node.matches_value(value)) << text_of(op, operand, value);
    if (holds(*range, value)) ++held;
  });
  EXPECT_GT(held, 1'000);
}

TEST(KeyRangeTest, HoldsWhatExpressionsFind) {
  int held = 0;
  for_each_comparison([&](Comparison op, ValueView operand, ValueView value) {
    const std::optional<KeyRange> range = range_of_expression(op, operand);
    if (!range) return;
    ASSERT_EQ(holds(*range, value), fits(op, bson::compare(value, operand)))
        << text_of(op, operand, value);
    if (holds(*range, value)) ++held;
  });
  EXPECT_GT(held, 5'000);
}

TEST(KeyRangeTest, HoldsStringsWithThePrefix) {
  const std::string bytes = values();
  for (const std::string prefix : {"a", "ab", "b", "\xC3"}) {
    const KeyRange range = range_of_prefix(prefix);
    EXPECT_TRUE(range.is_two_sided());
    for (const Element& one : bson::View(bytes)["v"].as_document()) {
      const bool begins = is_text(one.type()) && one.value().as_string().starts_with(prefix);
      EXPECT_EQ(holds(range, one.value()), begins) << prefix << ": " << bson::to_json(one.value());
    }
  }
}

TEST(KeyRangeTest, NarrowsWithinOneBracketOnly) {
  const std::string bytes = bson::from_json(R"({"one": 1, "two": 2, "zero": 0, "text": "x"})");
  const bson::View operands(bytes);
  KeyRange range = *range_of_match(Comparison::GreaterEqual, operands["one"].value());
  EXPECT_FALSE(range.is_two_sided());
  EXPECT_FALSE(range.narrow(*range_of_match(Comparison::Less, operands["text"].value())));
  EXPECT_FALSE(range.narrow(*range_of_expression(Comparison::Less, operands["two"].value())));
  EXPECT_TRUE(range.narrow(*range_of_match(Comparison::Less, operands["two"].value())));
  EXPECT_TRUE(range.is_two_sided());
  EXPECT_TRUE(holds(range, operands["one"].value()));
  EXPECT_FALSE(holds(range, operands["two"].value()));
  EXPECT_FALSE(holds(range, operands["zero"].value()));
}

}  // namespace
}  // namespace freshet::stream
