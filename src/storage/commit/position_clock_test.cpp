// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/position_clock.h"

#include <gtest/gtest.h>

namespace freshet::commit {
namespace {

using storage::Position;

TEST(PositionClock, BeginsASecondAboveClockAndRecovered) {
  EXPECT_EQ(PositionClock(Position{}, 100).next(100), Position(101, 1));
  EXPECT_EQ(PositionClock(Position(500, 7), 100).next(100), Position(501, 1));
  EXPECT_EQ(PositionClock(Position(50, 7), 100).next(100), Position(101, 1));
}

TEST(PositionClock, FollowsTheWallClockForwardNeverBack) {
  PositionClock clock(Position{}, 100);
  EXPECT_EQ(clock.next(100), Position(101, 1));
  EXPECT_EQ(clock.next(100), Position(101, 2));
  EXPECT_EQ(clock.next(200), Position(200, 1));
  EXPECT_EQ(clock.next(30), Position(200, 2));
  EXPECT_EQ(clock.next(200 + 86'400), Position(86'600, 1));
}

TEST(PositionClock, AFullSecondIsFollowedByTheNext) {
  const std::uint64_t full = Position(100, 0xFFFF'FFFF).value();
  EXPECT_EQ(PositionClock::following(full, 90), Position(101, 1).value());
  EXPECT_EQ(PositionClock::following(full, 200), Position(200, 1).value());
  EXPECT_EQ(PositionClock::following(full - 1, 100), full);
}

}  // namespace
}  // namespace freshet::commit
