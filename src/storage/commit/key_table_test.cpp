// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/key_table.h"

#include <gtest/gtest.h>

#include <memory>

namespace freshet::commit {
namespace {

class CountingWaker final : public Waker {
 public:
  void wake() noexcept override { ++woken; }
  int woken = 0;
};

using Outcome = KeyTable::Outcome;

TEST(KeyTable, OneOwnerAtATime) {
  KeyTable table;
  const auto first = table.take("k", 1);
  EXPECT_EQ(first.outcome, Outcome::Taken);
  EXPECT_EQ(table.take("k", 1).outcome, Outcome::AlreadyOurs);
  EXPECT_EQ(table.take("k", 2).outcome, Outcome::HeldByOther);
  EXPECT_EQ(table.size(), 1U);
  table.release({first.handle}, 0);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.take("k", 2).released_through, 0U);
}

TEST(KeyTable, AStripeRemembersTheNewestCommitReleasedThroughIt) {
  KeyTable table;
  table.release({table.take("k", 1).handle}, 9);
  table.release({table.take("k", 1).handle}, 4);
  const auto attempt = table.take("k", 2);
  EXPECT_EQ(attempt.outcome, Outcome::Taken);
  EXPECT_EQ(attempt.released_through, 9U);
}

TEST(KeyTable, WakesWhenReleasedAndAtOnceWhenFree) {
  KeyTable table;
  const auto waker = std::make_shared<CountingWaker>();
  table.wait("k", waker);
  EXPECT_EQ(waker->woken, 1);
  const auto held = table.take("k", 1);
  table.wait("k", waker);
  EXPECT_EQ(waker->woken, 1);
  table.release({held.handle}, 0);
  EXPECT_EQ(waker->woken, 2);
}

}  // namespace
}  // namespace freshet::commit
