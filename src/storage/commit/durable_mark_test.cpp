// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/durable_mark.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/error.h"
#include "storage/testing_support.h"

namespace freshet::commit {
namespace {

using storage::Position;

class DurableMarkTest : public ::testing::Test {
 protected:
  void flip(std::streamoff at) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 1));
  }

  storage::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/durable-mark";
};

TEST_F(DurableMarkTest, IsNothingUntilItIsWritten) {
  EXPECT_FALSE(read_durable_mark(path_));
  EXPECT_NO_THROW(check_durable_mark(path_, {}));
  const DurableMark mark(path_);
  EXPECT_FALSE(read_durable_mark(path_));
}

TEST_F(DurableMarkTest, TheNewestCounts) {
  DurableMark mark(path_);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(mark.write({Position(100, static_cast<std::uint32_t>(i)), i}));
    EXPECT_EQ(read_durable_mark(path_)->sequence, i);
    EXPECT_EQ(read_durable_mark(path_)->position.increment(), i);
  }
}

TEST_F(DurableMarkTest, RefusesWhatEndsBelowAndNamesBoth) {
  DurableMark mark(path_);
  ASSERT_TRUE(mark.write({Position(100, 7), 42}));
  EXPECT_NO_THROW(check_durable_mark(path_, {Position(100, 7), 42}));
  EXPECT_NO_THROW(check_durable_mark(path_, {Position(100, 9), 44}));
  EXPECT_THROW(check_durable_mark(path_, {Position(100, 7), 41}), Error);  // a commit without entry
  try {
    check_durable_mark(path_, {Position(99, 3), 40});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("Timestamp(99, 3)"), std::string::npos);
    EXPECT_NE(error.message().find("Timestamp(100, 7)"), std::string::npos);
  }
}

TEST_F(DurableMarkTest, OneDamagedSlotLeavesTheOtherTwoLeaveNone) {
  {
    DurableMark mark(path_);
    ASSERT_TRUE(mark.write({Position(100, 1), 1}));
    ASSERT_TRUE(mark.write({Position(100, 2), 2}));
  }
  flip(512 + 20);
  EXPECT_EQ(read_durable_mark(path_)->sequence, 1U);
  flip(20);
  EXPECT_THROW(static_cast<void>(read_durable_mark(path_)), Error);
}

TEST_F(DurableMarkTest, AnUnwritablePlaceIsSaid) {
  EXPECT_THROW(DurableMark("/nonexistent/durable-mark"), Error);
}

}  // namespace
}  // namespace freshet::commit
