// SPDX-License-Identifier: Apache-2.0
#include "app/quantity.h"

#include <gtest/gtest.h>

namespace freshet::app {
namespace {

TEST(QuantityTest, Bytes) {
  EXPECT_EQ(parse_bytes("0"), 0U);
  EXPECT_EQ(parse_bytes("1024"), 1024U);
  EXPECT_EQ(parse_bytes("20GB"), std::uint64_t{20} << 30);
  EXPECT_EQ(parse_bytes("512 mb"), std::uint64_t{512} << 20);
  for (const char* bad : {"", "GB", "-1GB", "1.5GB", "20XB", "99999999999TB", "20GBx"}) {
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
  }
}

TEST(QuantityTest, Durations) {
  EXPECT_EQ(parse_duration_ms("24h"), 86'400'000);
  EXPECT_EQ(parse_duration_ms("7d"), 7 * 86'400'000);
  EXPECT_EQ(parse_duration_ms("250ms"), 250);
  EXPECT_EQ(parse_duration_ms("0"), 0);
  for (const char* bad : {"", "24", "h", "-1h", "1y", "99999999999999999d"}) {
    EXPECT_EQ(parse_duration_ms(bad), std::nullopt) << bad;
  }
}

TEST(QuantityTest, ForPeople) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(std::uint64_t{20} << 30), "20 GB");
  EXPECT_EQ(format_bytes(1536), "1.5 KB");
  EXPECT_EQ(format_duration(86'400'000), "24h");
  EXPECT_EQ(format_duration(7 * 86'400'000), "7d");
  EXPECT_EQ(format_duration(90 * 60'000), "90m");
}

}  // namespace
}  // namespace freshet::app
