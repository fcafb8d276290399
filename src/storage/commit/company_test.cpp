// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/company.h"

#include <gtest/gtest.h>

namespace freshet::commit {
namespace {

using std::chrono::microseconds;

constexpr SteadyTime kNow{std::chrono::seconds(100)};
constexpr microseconds kSync{300};

TEST(CompanyTest, WhoComesAloneNeverWaits) {
  Company company;
  EXPECT_TRUE(company.complete(0));
  for (int i = 0; i < 3; ++i) {
    company.note_begin(1);
    company.note_end(1, kNow, kSync);
    EXPECT_TRUE(company.complete(1));
    EXPECT_EQ(company.wait_until(), SteadyTime::min());
  }
}

TEST(CompanyTest, WaitsForAsManyAsWaitedLastTimeAndNoLongerThanASyncTakes) {
  Company company;
  company.note_begin(1);
  company.note_end(16, kNow, kSync);  // one was served, the others came meanwhile
  EXPECT_FALSE(company.complete(15));
  EXPECT_TRUE(company.complete(16));
  EXPECT_EQ(company.wait_until(), kNow + kSync);
}

TEST(CompanyTest, ASlowDiskMakesNobodyWaitLongerThanTheLimit) {
  Company company;
  company.note_end(16, kNow, std::chrono::seconds(2));
  EXPECT_EQ(company.wait_until(), kNow + Company::kWaitMax);
}

TEST(CompanyTest, WhenNobodyComesTheNextSyncsDoNotWait) {
  Company company;
  std::size_t waited = 0;
  constexpr int kSyncs = 2'000;
  for (int i = 0; i < kSyncs; ++i) {
    company.note_end(4, kNow, kSync);
    if (company.wait_until() != SteadyTime::min()) ++waited;
    company.note_begin(1);
  }
  EXPECT_GT(waited, 5U) << "it tries again";
  EXPECT_LT(waited, 40U);
}

TEST(CompanyTest, TriesAtOnceAgainAfterItWasRight) {
  Company company;
  company.note_end(4, kNow, kSync);
  company.note_begin(1);  // missed: the next does not wait
  company.note_end(4, kNow, kSync);
  EXPECT_EQ(company.wait_until(), SteadyTime::min());
  company.note_begin(1);
  for (int i = 0; i < 10; ++i) {
    company.note_end(4, kNow, kSync);
    EXPECT_NE(company.wait_until(), SteadyTime::min());
    company.note_begin(3);  // most of them
  }
}

}  // namespace
}  // namespace freshet::commit
