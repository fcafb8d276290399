// SPDX-License-Identifier: Apache-2.0
#include "app/idle_cutoff.h"

#include <gtest/gtest.h>

namespace freshet::app {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

class IdleCutoffTest : public ::testing::Test {
 protected:
  std::int64_t pass(std::int64_t ms) {
    clock_.advance(Milliseconds(ms));
    return cutoff_.note(clock_.steady(), clock_.wall_ms());
  }
  void shift(std::int64_t ms) { clock_.set_wall_ms(clock_.wall_ms() + ms); }

  ManualClock clock_;
  const std::int64_t start_ = clock_.wall_ms();
  IdleCutoff cutoff_{Milliseconds(1'000)};
};

TEST_F(IdleCutoffTest, LagsBehindTheClock) {
  EXPECT_EQ(pass(0), kNever);
  EXPECT_EQ(pass(500), kNever);
  EXPECT_EQ(pass(500), start_);
  EXPECT_EQ(pass(500), start_ + 500);
  EXPECT_EQ(pass(300), start_ + 500);
  EXPECT_EQ(pass(200), start_ + 1'000);
}

TEST_F(IdleCutoffTest, AClockSetForwardMakesNothingOlder) {
  (void)pass(0);
  shift(kDayMs);
  EXPECT_EQ(pass(1'000), start_) << "used a moment before the jump";
  EXPECT_EQ(pass(1'000), start_ + kDayMs + 1'000);
}

TEST_F(IdleCutoffTest, AClockSetBackDoesNotEither) {
  (void)pass(0);
  clock_.advance(Milliseconds(400));
  shift(-kDayMs);
  const std::int64_t used = clock_.wall_ms();
  EXPECT_LE(pass(600), used) << "used a moment after the jump";
  EXPECT_EQ(pass(1'000), used + 600);
}

}  // namespace
}  // namespace freshet::app
