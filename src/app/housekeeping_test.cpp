// SPDX-License-Identifier: Apache-2.0
#include "app/housekeeping.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/log.h"

namespace freshet::app {
namespace {

class HousekeepingTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  Logger log_{clock_, {.target = LogOptions::Target::Nowhere}};
};

TEST_F(HousekeepingTest, RunsEachJobWhenItIsDue) {
  int often = 0;
  int seldom = 0;
  Housekeeping jobs(clock_, log_,
                    {{"often", Milliseconds(1'000), [&] { ++often; }},
                     {"seldom", Milliseconds(60'000), [&] { ++seldom; }}});
  (void)jobs.run_due();
  EXPECT_EQ(often, 0);
  for (int second = 0; second < 120; ++second) {
    clock_.advance(Milliseconds(1'000));
    (void)jobs.run_due();
  }
  EXPECT_EQ(often, 120);
  EXPECT_EQ(seldom, 2);
}

TEST_F(HousekeepingTest, AJobThatFailsRunsAgain) {
  int runs = 0;
  Housekeeping jobs(clock_, log_, {{"fails", Milliseconds(1'000), [&] {
                                      ++runs;
                                      raise(ErrorCode::OperationFailed, "no");
                                    }}});
  for (int second = 0; second < 3; ++second) {
    clock_.advance(Milliseconds(1'000));
    (void)jobs.run_due();
  }
  EXPECT_EQ(runs, 3);
}

TEST_F(HousekeepingTest, NeverWakesMoreOftenThanOnceASecond) {
  Housekeeping jobs(clock_, log_, {{"hasty", Milliseconds(1), [] {}}});
  EXPECT_GE(jobs.run_due() - clock_.steady(), Milliseconds(1'000));
}

TEST(HousekeepingThreadTest, StopsAtOnce) {
  const SystemClock clock;
  Logger log(clock, {.target = LogOptions::Target::Nowhere});
  Housekeeping jobs(clock, log, {{"later", Milliseconds(3'600'000), [] {}}});
  jobs.start();
  const auto began = clock.steady();
  jobs.stop();
  EXPECT_LT(clock.steady() - began, Milliseconds(500));
}

}  // namespace
}  // namespace freshet::app
