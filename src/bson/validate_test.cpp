// SPDX-License-Identifier: Apache-2.0
#include "bson/validate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "bson/builder.h"
#include "bson/json.h"

namespace freshet::bson {
namespace {

std::string bytes(std::string_view hex) {
  std::string out;
  std::string packed(hex);
  packed.erase(std::remove(packed.begin(), packed.end(), ' '), packed.end());
  EXPECT_TRUE(from_hex(packed, out)) << hex;
  return out;
}

// Wraps elements into a document of the right size.
std::string document(std::string_view elements_hex) {
  const std::string elements = bytes(elements_hex);
  std::string out;
  append_le(out, static_cast<std::uint32_t>(elements.size() + 5));
  return out + elements + '\0';
}

bool valid(const std::string& document) {
  return static_cast<bool>(validate(document));
}

std::string nested(int depth, Type type = Type::Document) {
  Builder b;
  for (int i = 1; i < depth; ++i)
    type == Type::Array ? b.open_array("0") : b.open_document("a");
  for (int i = 1; i < depth; ++i)
    b.close();
  return b.take();
}

TEST(ValidateTest, AcceptsEveryType) {
  const std::string all = from_json(R"({
    "double": {"$numberDouble": "1.5"}, "string": "a\u0000b", "doc": {"x": {"y": 1}}, "array": [1, [2], {}],
    "bin": {"$binary": {"base64": "AAEC", "subType": "00"}}, "old": {"$binary": {"base64": "AAEC", "subType": "02"}},
    "undefined": {"$undefined": true}, "oid": {"$oid": "5ca1ab1e0000000000000001"}, "bool": true,
    "date": {"$date": {"$numberLong": "-1"}}, "null": null, "regex": {"$regularExpression": {"pattern": "a", "options": "i"}},
    "pointer": {"$dbPointer": {"$ref": "a.b", "$id": {"$oid": "5ca1ab1e0000000000000001"}}},
    "code": {"$code": "f"}, "symbol": {"$symbol": "s"}, "scoped": {"$code": "f", "$scope": {"x": 1}},
    "int": 1, "ts": {"$timestamp": {"t": 1, "i": 2}}, "long": {"$numberLong": "5"}, "dec": {"$numberDecimal": "1.2"},
    "min": {"$minKey": 1}, "max": {
  "$maxKey" : 1
}
})");
  const ValidateResult result = validate(all);
  EXPECT_TRUE(result) << result.problem << " at " << result.offset;
  EXPECT_EQ(result.size, all.size());
  EXPECT_TRUE(validate(all + "behind"));
  EXPECT_EQ(validate(all + "behind").size, all.size());
}

TEST(ValidateTest, EveryTruncationIsRefused) {
  const std::string whole = from_json(
      R"({"a": "text", "b": {"c": [1, true, null]}, "d": {"$code": "f", "$scope": {"x": 1}}})");
  ASSERT_TRUE(valid(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(valid(whole.substr(0, size))) << size;
    std::string lying = whole.substr(0, size);  // and with a size that fits
    if (size >= 4) store_le(lying.data(), static_cast<std::uint32_t>(size));
    EXPECT_FALSE(valid(lying)) << size;
  }
}

struct Case {
  const char* name;
  const char* hex;  // a whole document
};

class MalformedTest : public testing::TestWithParam<Case> {};

TEST_P(MalformedTest, IsRefused) {
  const std::string input = bytes(GetParam().hex);
  const ValidateResult result = validate(input);
  EXPECT_FALSE(result);
  EXPECT_FALSE(result.too_deep);
  EXPECT_LE(result.offset, input.size());
}

INSTANTIATE_TEST_SUITE_P(
    Documents, MalformedTest,
    testing::Values(Case{"Empty", ""}, Case{"SizeZero", "0000000000"},
                    Case{"SizeFour", "0400000000"}, Case{"NegativeSize", "FFFFFFFF00"},
                    Case{"SmallestSize", "0000008000"}, Case{"SizeTooLarge", "0600000000"},
                    Case{"NoTerminator", "0500000001"}, Case{"EndsEarly", "0700000000007F"},
                    Case{"TypeZeroInside", "090000000A61000000"},
                    Case{"UnknownType", "0C0000007E610001000000 00"}),
    [](const auto& test) { return test.param.name; });

class MalformedElementTest : public testing::TestWithParam<Case> {};

TEST_P(MalformedElementTest, IsRefused) {
  const ValidateResult result = validate(document(GetParam().hex));
  EXPECT_FALSE(result);
  EXPECT_FALSE(result.too_deep);
}

INSTANTIATE_TEST_SUITE_P(
    Elements, MalformedElementTest,
    testing::Values(
        Case{"UnknownType", "14610001000000"}, Case{"UnknownTypeHigh", "80610001000000"},
        Case{"NameWithoutTerminator", "0A616161"}, Case{"NoName", "0A"},
        Case{"BoolTwo", "08610002"}, Case{"BoolMinusOne", "086100FF"},
        Case{"BoolMissing", "086100"}, Case{"IntCut", "106100010000"},
        Case{"LongCut", "12610001000000000000"}, Case{"DoubleCut", "01610000000000"},
        Case{"DateCut", "096100000000"}, Case{"ObjectIdCut", "0761005CA1AB1E"},
        Case{"DecimalCut", "136100000000000000000000000000000000"},
        Case{"StringSizeZero", "02610000000000"}, Case{"StringSizeNegative", "026100FFFFFFFF00"},
        Case{"StringSizeHuge", "026100FFFFFF7F6100"}, Case{"StringBeyond", "0261000A0000006100"},
        Case{"StringNoTerminator", "02610002000000 6162"},
        Case{"StringTooShort", "0261000200000061620000"}, Case{"StringSizeCut", "0261000200"},
        Case{"SymbolNoTerminator", "0E6100020000006162"}, Case{"CodeSizeZero", "0D610000000000"},
        Case{"BinaryNegative", "056100FFFFFFFF00"}, Case{"BinaryBeyond", "056100050000000061"},
        Case{"BinaryNoSubtype", "05610000000000"},
        Case{"OldBinaryInnerTooLong", "0561000600000002030000006162"},
        Case{"OldBinaryInnerTooShort", "0561000600000002010000006162"},
        Case{"OldBinaryInnerNegative", "0561000600000002FFFFFFFF6162"},
        Case{"OldBinaryTooSmall", "0561000200000002 6162"}, Case{"RegexNoPatternEnd", "0B616161"},
        Case{"RegexNoOptionsEnd", "0B6100610069"},
        Case{"PointerNoId", "0C610002000000 6200 5CA1AB1E"},
        Case{"PointerStringZero", "0C61000000000056E1FC72E0C917E9C4714161"},
        Case{"PointerStringNegative", "0C6100FFFFFFFF620056E1FC72E0C917E9C4714161"},
        Case{"DocumentSizeZero", "0361000000000000"}, Case{"DocumentSizeFour", "0361000400000000"},
        Case{"DocumentBeyond", "0361000800000010610000"},
        Case{"DocumentNoTerminator", "03610005000000FF"},
        Case{"DocumentFillsParent", "0361000600000000"},
        Case{"ArrayInsideBad", "0461000C00000010300001000000FF"},
        Case{"ArrayElementCut", "0461000A000000103000010000"},
        Case{"ScopeSizeZero", "0F61000000000002000000620005000000 00"},
        Case{"ScopeSizeTooShort", "0F61000D000000010000000005000000 00"},
        Case{"ScopeSizeTooLong", "0F610013000000 02000000 6200 05000000 00"},
        Case{"ScopeSizeOneShort", "0F61000E000000 02000000 6200 05000000 00"},
        Case{"ScopeStringFillsAll", "0F61000F000000 08000000 6200050000 00"},
        Case{"ScopeStringBeyond", "0F61000F000000 20000000 6200 05000000 00"},
        Case{"ScopeDocumentShort", "0F610014000000 02000000 6200 05000000 00 0A6100 00"},
        Case{"ScopeDocumentBad", "0F61000F000000 02000000 6200 05000000 01"}),
    [](const auto& test) { return test.param.name; });

TEST(ValidateTest, WellFormedNeighboursOfTheMalformedPass) {
  EXPECT_TRUE(valid(document("0261000200000061 00")));
  EXPECT_TRUE(valid(document("02610003000000610000")));  // a zero byte inside the string
  EXPECT_TRUE(valid(document("0F61000F000000 02000000 6200 05000000 00")));
  EXPECT_TRUE(valid(document("05610006000000 02 02000000 6162")));
  EXPECT_TRUE(valid(document("0C610002000000 6200 56E1FC72E0C917E9C4714161")));
  EXPECT_TRUE(valid(document("0A00")));  // an empty name
  EXPECT_TRUE(
      valid(document("0461000C000000 1062 00 01000000 00")));  // an array with a strange index
}

TEST(ValidateTest, DepthHasALimit) {
  for (const Type type : {Type::Document, Type::Array}) {
    EXPECT_TRUE(validate(nested(200, type)));
    const ValidateResult result = validate(nested(201, type));
    EXPECT_FALSE(result);
    EXPECT_TRUE(result.too_deep);
    EXPECT_TRUE(validate(nested(100'000, type)).too_deep);
  }
  EXPECT_TRUE(validate(nested(10), {.depth_max = 10}));
  EXPECT_TRUE(validate(nested(11), {.depth_max = 10}).too_deep);
}

TEST(ValidateTest, Utf8IsCheckedOnRequest) {
  const std::string bad = document("02610003000000 E900 00");
  EXPECT_TRUE(validate(bad));
  EXPECT_FALSE(validate(bad, {.check_utf8 = true}));
  EXPECT_TRUE(validate(document("02610003000000 C3A9 00"), {.check_utf8 = true}));
  EXPECT_FALSE(validate(document("0AE900"), {.check_utf8 = true}));
}

}  // namespace
}  // namespace freshet::bson
