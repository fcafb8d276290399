// SPDX-License-Identifier: Apache-2.0
#include "model/resume_token.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "bson/json.h"
#include "bson/value.h"

namespace freshet::model {
namespace {

constexpr ClusterTime kTime(0x65000000, 7);

int parse_code(const std::string& json) {
  const std::string token = bson::from_json(json);
  try {
    (void)ResumeToken::parse(bson::View(token));
  } catch (const Error& error) {
    return static_cast<int>(error.code());
  }
  return 0;
}

std::string with_data(const std::string& hex) {
  return R"({"_data": ")" + hex + R"("})";
}

// Clients keep these texts: they must never change.
TEST(ResumeTokenTest, BytesAreThoseOfTheFormatPage) {
  EXPECT_EQ(ResumeToken::high_water_mark(kTime).data(), "8265000000000000070000");
  EXPECT_EQ(ResumeToken::event(kTime).data(), "82650000000000000780000000000000");
  EXPECT_EQ(ResumeToken::event(kTime, 258).data(), "82650000000000000780000000010200");
  ResumeToken last = ResumeToken::event(kTime, 1);
  last.from_invalidate = true;
  EXPECT_EQ(last.data(), "82650000000000000780000000000101");
  last.from_invalidate = false;
  last.fragment = 3;
  EXPECT_EQ(last.data(), "826500000000000007800000000001000003");
}

std::vector<ResumeToken> in_stream_order() {
  std::vector<ResumeToken> tokens;
  for (const ClusterTime time : {ClusterTime(), ClusterTime(1, 1), ClusterTime(1, 2),
                                 ClusterTime(2, 0), kTime, ClusterTime::max()}) {
    tokens.push_back(ResumeToken::high_water_mark(time));
    for (const std::uint32_t index : {0U, 1U, 255U, 256U, 70'000U}) {
      for (const bool from_invalidate : {false, true}) {
        ResumeToken token = ResumeToken::event(time, index);
        token.from_invalidate = from_invalidate;
        tokens.push_back(token);
        for (const int fragment : {0, 1, 255, 256}) {
          token.fragment = static_cast<std::uint16_t>(fragment);
          tokens.push_back(token);
        }
      }
    }
  }
  return tokens;
}

TEST(ResumeTokenTest, TextBytesAndValueHaveOneOrder) {
  const std::vector<ResumeToken> tokens = in_stream_order();
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    EXPECT_LT(tokens[i - 1], tokens[i]);
    EXPECT_LT(tokens[i - 1].bytes(), tokens[i].bytes());
    EXPECT_LT(tokens[i - 1].data(), tokens[i].data());
  }
}

TEST(ResumeTokenTest, RoundTrips) {
  for (const ResumeToken& token : in_stream_order()) {
    const std::string document = token.document();
    EXPECT_EQ(ResumeToken::parse(bson::View(document)), token) << token.data();
  }
}

// What connectors decode: 0x82, then eight bytes of cluster time.
TEST(ResumeTokenTest, TimeIsWhereConnectorsLookForIt) {
  std::string bytes;
  ASSERT_TRUE(from_hex(ResumeToken::event(kTime).data(), bytes));
  EXPECT_EQ(static_cast<unsigned char>(bytes[0]), 0x82);
  EXPECT_EQ(load_be64(bytes.data() + 1), kTime.value());
}

TEST(ResumeTokenTest, MalformedTokens) {
  EXPECT_EQ(parse_code("{}"), 40647);
  EXPECT_EQ(parse_code(R"({"_data": 1})"), 40647);
  EXPECT_EQ(parse_code(R"({"bogus": 1})"), 40647);
  EXPECT_EQ(parse_code(with_data("zz")), 9);
  EXPECT_EQ(parse_code(with_data("825")), 9);
  EXPECT_EQ(parse_code(with_data("ABCDEF")), 50811);
  EXPECT_EQ(parse_code(with_data("")), 50811);
  EXPECT_EQ(parse_code(with_data("825B0000000000012B")), 50810);
  EXPECT_EQ(parse_code(R"({"_data": {"$binary": {"base64": "AAEC", "subType": "00"}}})"), 50811);
  // A real token of MongoDB.
  EXPECT_EQ(parse_code(with_data("8265000000000000072B0429296E1404")), 260);
  const std::string event = ResumeToken::event(kTime).data();
  EXPECT_EQ(parse_code(with_data(event + "00")), 260);
  EXPECT_EQ(parse_code(with_data(event.substr(0, event.size() - 2))), 260);
  EXPECT_EQ(parse_code(with_data(event.substr(0, event.size() - 2) + "02")), 260);
  EXPECT_EQ(parse_code(with_data(event)), 0);
}

TEST(ResumeTokenTest, KnowsItsOwnDocumentAndNoOther) {
  const ResumeToken token = ResumeToken::event(kTime, 3);
  EXPECT_TRUE(token.is_written_in(bson::View(token.document())));
  EXPECT_FALSE(token.is_written_in(bson::View(ResumeToken::event(kTime, 4).document())));
  EXPECT_FALSE(token.is_written_in(bson::View()));
  EXPECT_FALSE(token.is_written_in(
      bson::View(bson::Builder().add("_data", token.data()).add("more", true).take())));
  EXPECT_FALSE(token.is_written_in(bson::View(bson::Builder().add("data", token.data()).take())));
}

TEST(ResumeTokenTest, LowerCaseIsRead) {
  std::string hex = ResumeToken::high_water_mark(ClusterTime(0xABCDEF01, 1)).data();
  std::transform(hex.begin(), hex.end(), hex.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  EXPECT_EQ(parse_code(with_data(hex)), 0);
}

}  // namespace
}  // namespace freshet::model
