// SPDX-License-Identifier: Apache-2.0
#include "collection/index_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "bson/key_decode.h"
#include "catalog/index_spec.h"
#include "collection/entry_types.h"
#include "collection/testing.h"
#include "collection/wildcard_keys.h"

namespace freshet::collection {
namespace {

catalog::IndexDefinition made(std::string_view spec_json) {
  const std::string spec = bson_of(spec_json);
  return catalog::make_index(17, catalog::parse_index_spec(bson::View(spec), nullptr));
}

/// Each key's values as text, "?" where the key does not tell.
std::vector<std::string> keys_of(std::string_view spec_json, std::string_view document_json) {
  const catalog::IndexDefinition index = made(spec_json);
  const std::string document = bson_of(document_json);
  std::vector<std::string> out;
  for (const std::string& key : index_keys(index, bson::View(document)).keys) {
    std::string text;
    std::string_view at = key;
    while (!at.empty()) {
      const bson::Value value = bson::take_value(at, false, bson::Type::Int32);
      if (!text.empty()) text += ' ';
      text += value.missing() ? "?" : bson::to_json(value.view());
    }
    out.push_back(text);
  }
  return out;
}

using Keys = std::vector<std::string>;

/// What refuses the document, 0 when nothing does.
std::int32_t code_of_keys(std::string_view spec_json, std::string_view document_json) {
  try {
    keys_of(spec_json, document_json);
  } catch (const Error& error) {
    return static_cast<std::int32_t>(error.code());
  }
  return 0;
}

constexpr auto kFlat =
    R"({"key": {"p": "2d", "n": 1}, "name": "p", "min": 0, "max": 8, "bits": 3})";

TEST(FlatKeys, OneForEachPairOfCoordinates) {
  const Keys both = keys_of(kFlat, R"({"p": [[0, 0], [7, 7], [7.5, 8]], "n": 5})");
  EXPECT_EQ(both.size(), 2U) << "two of them are in one cell";
  EXPECT_EQ(keys_of(kFlat, R"({"p": [7, 7], "n": 5})"), (Keys{both.back()}));
  EXPECT_EQ(keys_of(kFlat, R"({"p": {"x": 0, "y": 0}, "n": 5})"), (Keys{both.front()}));
  EXPECT_EQ(keys_of(kFlat, R"({"p": [{"x": 0, "y": 0, "type": "cafe"}], "n": 5})"),
            (Keys{both.front()}));
  EXPECT_EQ(keys_of(kFlat, R"({"p": [7, 7], "n": [5, 6]})").size(), 2U);
}

TEST(FlatKeys, NoneWithoutCoordinates) {
  for (const std::string_view none : {"{}", R"({"p": null})", R"({"p": []})", R"({"p": 5})",
                                      R"({"p": "here"})", R"({"p": {}})"}) {
    EXPECT_TRUE(keys_of(kFlat, none).empty()) << none;
  }
}

TEST(FlatKeys, RefuseWhatIsNoPair) {
  EXPECT_EQ(code_of_keys(kFlat, R"({"p": [1, 9]})"), 13027);
  EXPECT_EQ(code_of_keys(kFlat, R"({"p": [[1, 1], [-1, 1]]})"), 13027);
  EXPECT_EQ(code_of_keys(kFlat, R"({"p": [1]})"), 13068);
  EXPECT_EQ(code_of_keys(kFlat, R"({"p": [1, "x"]})"), 13026);
  EXPECT_EQ(code_of_keys(kFlat, R"({"p": ["1", "2"]})"), 13654);
  EXPECT_EQ(code_of_keys(kFlat, R"({"p": [[1, 1], 5]})"), 13654);
  EXPECT_EQ(code_of_keys(kFlat, R"({"p": {"type": "Point", "coordinates": [1, 2]}})"), 13654);
}

TEST(WildcardKeys, EveryLeafUnderItsPath) {
  constexpr auto kAll = R"({"key": {"$**": 1}, "name": "all"})";
  EXPECT_EQ(keys_of(kAll, R"({"_id": 1, "a": 1, "b": {"c": "x", "d": {}}})"),
            (Keys{R"("a" 1)", R"("b.c" "x")", R"("b.d" ?)"}));
  EXPECT_EQ(keys_of(kAll, R"({"a": [1, {"b": 2}, [3], {}]})"),
            (Keys{R"("a" 1)", R"("a" ?)", R"("a" ?)", R"("a.b" 2)"}));
  EXPECT_EQ(keys_of(kAll, R"({"a": []})").size(), 1U);
  EXPECT_TRUE(keys_of(kAll, R"({"_id": 1})").empty());
}

TEST(WildcardKeys, OnlyBelowTheirRoot) {
  constexpr auto kBelow = R"({"key": {"a.b.$**": 1}, "name": "below"})";
  EXPECT_EQ(keys_of(kBelow, R"({"a": {"b": {"c": 1}, "x": 2}, "b": 3})"), (Keys{R"("a.b.c" 1)"}));
  EXPECT_EQ(keys_of(kBelow, R"({"a": [{"b": 1}, {"c": 2}]})"), (Keys{R"("a.b" 1)"}));
}

TEST(WildcardKeys, ProjectionsTakeAndLeaveOut) {
  constexpr auto kTaken =
      R"({"key": {"$**": 1}, "name": "w", "wildcardProjection": {"a.b": 1, "c": 1, "_id": 1}})";
  EXPECT_EQ(keys_of(kTaken, R"({"_id": 5, "a": {"b": 1, "x": 2}, "c": {"d": 3}, "e": 4})"),
            (Keys{R"("_id" 5)", R"("a.b" 1)", R"("c.d" 3)"}));
  constexpr auto kLeft =
      R"({"key": {"$**": 1}, "name": "w", "wildcardProjection": {"a": {"b": 0}, "c": 0}})";
  EXPECT_EQ(keys_of(kLeft, R"({"_id": 5, "a": {"b": 1, "x": 2}, "c": {"d": 3}, "e": 4})"),
            (Keys{R"("a.x" 2)", R"("e" 4)"}));
}

TEST(WildcardKeys, CompoundOnesHoldEveryDocument) {
  constexpr auto kCompound = R"({"key": {"t": 1, "w.$**": 1, "u": 1}, "name": "c"})";
  EXPECT_EQ(keys_of(kCompound, R"({"t": 1, "w": {"a": 2, "b": [3, 4]}, "u": 5})"),
            (Keys{R"(1 "w.a" 2 5)", R"(1 "w.b" 3 5)", R"(1 "w.b" 4 5)"}));
  const catalog::IndexDefinition index = made(kCompound);
  const std::string none = bson_of(R"({"t": 1})");
  EXPECT_EQ(index_keys(index, bson::View(none)).keys.size(), 1U);
  EXPECT_EQ(code_of([] { (void)keys_of(kCompound, R"({"t": [1, 2]})"); }), location(7246301));
}

TEST(WildcardKeys, SpecificationsThatCannotBe) {
  const auto code = [](std::string_view spec) { return code_of([&] { (void)made(spec); }); };
  using enum ErrorCode;
  EXPECT_EQ(code(R"({"key": {"$**": -1}, "name": "w"})"), CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"$**": "hashed"}, "name": "w"})"), CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"$**": 1}, "name": "w", "unique": true})"), CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"$**": 1}, "name": "w", "sparse": true})"), CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"$**": 1}, "name": "w", "expireAfterSeconds": 1})"),
            CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"a.$**": 1, "b.$**": 1}, "name": "w"})"), CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"a": 1, "$**": 1}, "name": "w"})"), CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"a": 1, "$**": 1}, "name": "w", "wildcardProjection": {"b": 0}})"),
            CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"a": 1, "$**": 1}, "name": "w", "wildcardProjection": {"a": 0}})"),
            OK);
  EXPECT_EQ(code(R"({"key": {"a.b": 1, "a.$**": 1}, "name": "w"})"), CannotCreateIndex);
  EXPECT_EQ(code(R"({"key": {"a": 1}, "name": "w", "wildcardProjection": {"a": 0}})"), BadValue);
  EXPECT_EQ(code(R"({"key": {"a.$**": 1}, "name": "w", "wildcardProjection": {"a": 0}})"),
            FailedToParse);
  EXPECT_EQ(code(R"({"key": {"$**": 1}, "name": "w", "wildcardProjection": {}})"), FailedToParse);
  EXPECT_EQ(code(R"({"key": {"$**": 1}, "name": "w", "wildcardProjection": {"a": 0, "b": 1}})"),
            location(31253));
}

TEST(HashedKeys, CompoundAndCollated) {
  const auto code = [](std::string_view spec) { return code_of([&] { (void)made(spec); }); };
  EXPECT_EQ(code(R"({"key": {"a": "hashed", "b": "hashed"}, "name": "h"})"), location(31303));
  EXPECT_EQ(code(R"({"key": {"a": "hashed"}, "name": "h", "unique": true})"), location(16764));
  constexpr auto kCollated =
      R"({"key": {"a": "hashed", "b": 1}, "name": "h", "collation": {"locale": "en", "strength": 2}})";
  const auto keys = [](std::string_view document_json) {
    const std::string document = bson_of(document_json);
    return index_keys(made(kCollated), bson::View(document)).keys;
  };
  EXPECT_EQ(keys(R"({"a": "X", "b": 1})"), keys(R"({"a": "x", "b": 1})"));
  EXPECT_NE(keys(R"({"a": "X", "b": 1})"), keys(R"({"a": "y", "b": 1})"));
  EXPECT_EQ(code_of([] { (void)keys_of(kCollated, R"({"a": 1, "b": [1]})"); }), location(16766));
}

std::vector<ValueForm> forms_of(std::string_view spec_json, std::string_view document_json,
                                bool* in_order = nullptr) {
  const catalog::IndexDefinition index = made(spec_json);
  const std::string document = bson_of(document_json);
  const IndexKeys keys = index_keys(index, bson::View(document));
  const EntryTypes types(keys.types);
  if (in_order != nullptr) *in_order = types.in_order();
  std::vector<ValueForm> out;
  for (std::size_t i = 0; i < index.parts.size(); ++i)
    out.push_back(types.form(i));
  return out;
}

TEST(EntryTypes, SayWhatTheKeyDoesNot) {
  using enum ValueForm;
  constexpr auto kPair = R"({"key": {"a": 1, "b.c": -1}, "name": "p"})";
  EXPECT_EQ(forms_of(kPair, R"({"a": 1, "b": {"c": "x"}})"), (std::vector{Plain, Plain}));
  EXPECT_EQ(forms_of(kPair, R"({"a": {"$numberLong": "1"}, "b": {"c": 1.0}})"),
            (std::vector{Int64, Double}));
  EXPECT_EQ(forms_of(kPair, R"({"a": -0.0, "b": 1})"), (std::vector{NegativeZero, Missing}));
  EXPECT_EQ(forms_of(kPair, R"({"a": {"$numberDecimal": "1"}, "b": {"c": {"d": 1}}})"),
            (std::vector{Opaque, Opaque}));
  EXPECT_EQ(forms_of(kPair, R"({"a": [], "b": {"c": 1}})"), (std::vector{FromArray, Plain}));
  EXPECT_EQ(forms_of(kPair, R"({"a": {"$symbol": "x"}, "b": [{"c": 1}, {"c": 2}]})"),
            (std::vector{Symbol, FromArray}));
  EXPECT_EQ(forms_of(R"({"key": {"b.0": 1}, "name": "p"})", R"({"b": [5]})"),
            (std::vector{FromArray}));
  EXPECT_EQ(
      forms_of(R"({"key": {"a": 1}, "name": "p", "collation": {"locale": "en"}})", R"({"a": "x"})"),
      (std::vector{Opaque}));
  EXPECT_EQ(forms_of(R"({"key": {"a": "hashed"}, "name": "p"})", R"({"a": 1})"),
            (std::vector{Opaque}));
}

TEST(EntryTypes, SayInWhichOrderTheFieldsStand) {
  constexpr auto kPair = R"({"key": {"a": 1, "b.c": 1, "_id": 1}, "name": "p"})";
  bool in_order = false;
  (void)forms_of(kPair, R"({"_id": 1, "a": 1, "b": {"c": 1}})", &in_order);
  EXPECT_TRUE(in_order);
  (void)forms_of(kPair, R"({"_id": 1, "b": {"c": 1}, "a": 1})", &in_order);
  EXPECT_FALSE(in_order);
  (void)forms_of(kPair, R"({"_id": 1, "b": {"c": 1}})", &in_order);
  EXPECT_TRUE(in_order);
}

TEST_F(DataTest, EntriesFollowTypesAndOrderOfTheFields) {
  index(R"({"key": {"a": 1, "b": 1}, "name": "ab"})");
  index(R"({"key": {"a": 1}, "name": "a", "unique": true})");
  ASSERT_TRUE(insert(R"({"_id": 1, "a": 1, "b": 2})").done());
  ASSERT_TRUE(update("1", R"({"$set": {"a": 1.0}})").done());
  expect_consistent();
  ASSERT_TRUE(update("1", R"({"$set": {"a": {"$numberLong": "1"}}})").done());
  expect_consistent();
  const std::string turned = R"({"_id": 1, "b": 2, "a": {"$numberLong": "1"}})";
  ASSERT_TRUE(update("1", turned).done());
  expect_consistent();
}

}  // namespace
}  // namespace freshet::collection
