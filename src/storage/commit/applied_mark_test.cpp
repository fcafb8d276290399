// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/applied_mark.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "storage/testing_support.h"

namespace freshet::commit {
namespace {

using storage::Position;

class AppliedMarkTest : public ::testing::Test {
 protected:
  /// The file as a process leaves it that applied `extent` last.
  void write(const Extent& extent, const std::string& boot) { AppliedMark(path_, boot, extent); }
  void flip(std::streamoff at) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 1));
  }

  storage::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/applied-mark";
};

TEST_F(AppliedMarkTest, SaysNothingUntilItIsThere) {
  EXPECT_FALSE(read_applied_mark(path_));
  EXPECT_FALSE(check_applied_mark(path_, {}, "boot"));
}

TEST_F(AppliedMarkTest, TheNewestCounts) {
  AppliedMark mark(path_, "boot", {Position(100, 1), 1});
  EXPECT_EQ(read_applied_mark(path_)->extent.sequence, 1U);
  EXPECT_EQ(read_applied_mark(path_)->boot, "boot");
  for (std::uint64_t i = 2; i <= 6; ++i) {
    mark.write({Position(100, static_cast<std::uint32_t>(i)), i});
    EXPECT_EQ(read_applied_mark(path_)->extent.sequence, i);
    EXPECT_EQ(read_applied_mark(path_)->extent.position.increment(), i);
  }
}

TEST_F(AppliedMarkTest, OnTheSameBootLessIsRefusedAndBothAreNamed) {
  write({Position(100, 7), 42}, "boot");
  EXPECT_FALSE(check_applied_mark(path_, {Position(100, 7), 42}, "boot"));
  EXPECT_FALSE(check_applied_mark(path_, {Position(100, 9), 43}, "boot"));
  try {
    static_cast<void>(check_applied_mark(path_, {Position(99, 3), 41}, "boot"));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("Timestamp(99, 3) (commit 41)"), std::string::npos);
    EXPECT_NE(error.message().find("Timestamp(100, 7) (commit 42)"), std::string::npos);
  }
}

TEST_F(AppliedMarkTest, OnAnotherBootLessIsSaid) {
  write({Position(100, 7), 42}, "boot");
  const auto before = check_applied_mark(path_, {Position(99, 3), 41}, "next boot");
  ASSERT_TRUE(before);
  EXPECT_EQ(before->sequence, 42U);
  EXPECT_FALSE(check_applied_mark(path_, {Position(100, 7), 42}, "next boot"));
  EXPECT_TRUE(check_applied_mark(path_, {Position(99, 3), 41}, "")) << "a kernel that tells none";
}

TEST_F(AppliedMarkTest, ADamagedSlotLeavesTheOther) {
  {
    AppliedMark mark(path_, "boot", {Position(100, 1), 1});
    mark.write({Position(100, 2), 2});
  }
  flip(96 + 9);
  EXPECT_EQ(read_applied_mark(path_)->extent.sequence, 1U);
  flip(64 + 17);
  EXPECT_FALSE(read_applied_mark(path_));
}

TEST_F(AppliedMarkTest, WhatCannotBeReadSaysNothing) {
  for (const std::streamoff at : {3, 9, 13, 16, 40, 63}) {
    write({Position(100, 7), 42}, "boot");
    flip(at);
    EXPECT_FALSE(read_applied_mark(path_)) << at;
  }
  std::filesystem::resize_file(path_, 100);
  EXPECT_FALSE(read_applied_mark(path_));
}

TEST_F(AppliedMarkTest, KnowsThisBoot) {
  EXPECT_EQ(boot_id().size(), 36U);
  EXPECT_EQ(boot_id(), boot_id());
  write({Position(1, 1), 1}, boot_id());
  EXPECT_EQ(read_applied_mark(path_)->boot, boot_id());
}

TEST_F(AppliedMarkTest, AnUnwritablePlaceIsSaid) {
  EXPECT_THROW(AppliedMark("/nonexistent/applied-mark", "boot", {}), Error);
}

}  // namespace
}  // namespace freshet::commit
