// SPDX-License-Identifier: Apache-2.0
// Bytes, UTF-8, error names, limits, operation, random.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/operation.h"
#include "base/random.h"
#include "base/utf8.h"

namespace freshet {
namespace {

using std::string_literals::operator""s;

TEST(BytesTest, HexGoesBothWays) {
  EXPECT_EQ(to_hex("\x00\xAB\x7F"s), "00ab7f");
  std::string out;
  EXPECT_TRUE(from_hex("00aB7F", out));
  EXPECT_EQ(out, "\x00\xAB\x7F"s);
  EXPECT_FALSE(from_hex("0", out));
  EXPECT_FALSE(from_hex("0g", out));
  EXPECT_TRUE(from_hex("", out));
  EXPECT_EQ(out, "");
}

TEST(BytesTest, BigEndianSortsAsNumbers) {
  std::string small;
  std::string large;
  append_be64(small, 255);
  append_be64(large, 256);
  EXPECT_LT(small, large);
  EXPECT_EQ(load_be64(large.data()), 256U);
}

TEST(Utf8Test, AcceptsAndRefuses) {
  for (const auto& text : {""s, "abc"s, "\xC3\xA9"s, "\xE6\x97\xA5"s, "\xF0\x9F\x98\x80"s, "a\0b"s,
                           "\xF4\x8F\xBF\xBF"s}) {
    EXPECT_TRUE(is_utf8(text)) << to_hex(text);
  }
  for (const auto& text :
       {"\x80"s, "\xC0\x80"s, "\xC3"s, "\xED\xA0\x80"s, "\xE0\x80\x80"s, "\xF0\x80\x80\x80"s,
        "\xF4\x90\x80\x80"s, "\xFF"s, "\xE6\x97"s, "\xF8\x88\x80\x80\x80"s}) {
    EXPECT_FALSE(is_utf8(text)) << to_hex(text);
  }
  EXPECT_EQ(utf8_valid_prefix("ab\xFFz"), 2U);
}

TEST(Utf8Test, ReplacesWhatIsNone) {
  EXPECT_EQ(utf8_replaced(""), "");
  EXPECT_EQ(utf8_replaced("\xC3\xA9z"), "\xC3\xA9z");
  EXPECT_EQ(utf8_replaced("a\xFF\xFEz\xE6"), "a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD");
}

TEST(ErrorTest, CodesHaveMongosNames) {
  EXPECT_EQ(code_name(ErrorCode::BadValue), "BadValue");
  EXPECT_EQ(code_name(ErrorCode::DuplicateKey), "DuplicateKey");
  EXPECT_EQ(code_name(ErrorCode::IllegalOpMsgFlag), "IllegalOpMsgFlag");
  EXPECT_EQ(code_name(location(40647)), "Location40647");
  try {
    raise(ErrorCode::TypeMismatch, "expected {}, found {}", "int", "string");
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "expected int, found string");
    EXPECT_EQ(error.code(), ErrorCode::TypeMismatch);
  }
}

TEST(LimitsTest, TableIsSortedAndDefaultsLieInRange) {
  const Limits defaults;
  std::string_view before;
  for (const LimitRow& row : limit_table()) {
    EXPECT_LT(before, row.name);
    before = row.name;
    EXPECT_GE(defaults.*row.member, row.min) << row.name;
    EXPECT_LE(defaults.*row.member, row.max) << row.name;
  }
  EXPECT_EQ(limit_table().size() * sizeof(std::int64_t), sizeof(Limits));
}

TEST(LimitsTest, SetsWithinRange) {
  Limits limits;
  EXPECT_EQ(set_limit(limits, "connectionsMax", 5), LimitOutcome::Set);
  EXPECT_EQ(limits.connections_max, 5);
  EXPECT_EQ(set_limit(limits, "connectionsMax", 0), LimitOutcome::OutOfRange);
  EXPECT_EQ(set_limit(limits, "bogus", 1), LimitOutcome::Unknown);
  EXPECT_EQ(limits.connections_max, 5);
}

TEST(OperationTest, EndsAtItsDeadlineOrWhenInterrupted) {
  ManualClock clock;
  Operation op(clock, 1, std::make_shared<ClientInfo>());
  op.set_deadline(clock.steady() + Milliseconds(10));
  op.check_now();
  clock.advance(Milliseconds(10));
  EXPECT_THROW(op.check_now(), Error);
  Operation other(clock, 2, std::make_shared<ClientInfo>());
  other.check();
  other.interrupt(ErrorCode::Interrupted);
  EXPECT_THROW(other.check(), Error);
}

TEST(OperationTest, AccountsMemory) {
  const ManualClock clock;
  Operation op(clock, 1, std::make_shared<ClientInfo>());
  op.set_memory_bytes_max(100);
  op.use_memory(60);
  op.release_memory(30);
  op.use_memory(70);
  EXPECT_THROW(op.use_memory(1), Error);
}

TEST(RandomTest, SeedsReplay) {
  SeededRandom a(5);
  SeededRandom b(5);
  EXPECT_EQ(a.bytes(13), b.bytes(13));
  EXPECT_EQ(a.bytes(13).size(), 13U);
  SystemRandom system;
  EXPECT_NE(system.bytes(16), system.bytes(16));
}

}  // namespace
}  // namespace freshet
