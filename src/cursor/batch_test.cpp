// SPDX-License-Identifier: Apache-2.0
#include "cursor/batch.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace freshet::cursor {
namespace {

bool write(Batch& batch, std::string_view text) {
  stream::Draft draft(batch);
  draft.fields().open_document("nested").add("text", text).close();
  static_cast<void>(draft.end());
  return draft.keep();
}

std::string copied(std::string_view text) {
  bson::Builder out;
  out.open_document("nested").add("text", text).close();
  return out.take();
}

TEST(BatchTest, WhatIsWrittenInPlaceIsWhatACopyWouldBe) {
  bson::Builder placed;
  bson::Builder offered;
  placed.open_array("batch");
  offered.open_array("batch");
  Batch one(placed, {});
  Batch other(offered, {});
  for (const std::string_view text : {"a", "bc", ""}) {
    EXPECT_TRUE(write(one, text));
    EXPECT_TRUE(other.offer(bson::View(copied(text))));
  }
  EXPECT_EQ(one.bytes(), other.bytes());
  EXPECT_EQ(one.count(), 3);
  placed.close();
  offered.close();
  EXPECT_EQ(placed.take(), offered.take());
}

TEST(BatchTest, NothingStaysOfWhatDoesNotFitOrIsNotKept) {
  bson::Builder out;
  out.open_array("batch");
  Batch batch(out, {.count_max = 3, .bytes_max = 100});
  EXPECT_TRUE(write(batch, std::string(200, 'x'))) << "the first always fits";
  const std::string before(out.bytes());
  EXPECT_FALSE(write(batch, "y"));
  EXPECT_EQ(out.bytes(), before);
  {
    stream::Draft draft(batch);
    draft.fields().open_document("left open");
  }
  EXPECT_EQ(out.bytes(), before);
  EXPECT_EQ(batch.count(), 1);
}

TEST(BatchTest, CountsWhatWasWrittenInPlace) {
  bson::Builder out;
  out.open_array("batch");
  Batch batch(out, {.count_max = 2});
  EXPECT_TRUE(write(batch, "a"));
  EXPECT_FALSE(batch.full());
  EXPECT_TRUE(write(batch, "b"));
  EXPECT_TRUE(batch.full());
  EXPECT_FALSE(write(batch, "c"));
  EXPECT_EQ(batch.count(), 2);
}

TEST(BatchTest, ALargeBatchTakesItsRoomOnce) {
  bson::Builder out;
  out.open_array("batch");
  Batch batch(out, {.bytes_max = std::size_t{4} << 20});
  const std::string text(1'000, 'x');
  const char* settled = nullptr;
  while (write(batch, text)) {
    if (batch.bytes() < std::size_t{300} << 10) continue;
    if (settled == nullptr) settled = out.bytes().data();
    ASSERT_EQ(out.bytes().data(), settled) << "moved at " << batch.bytes();
  }
  EXPECT_GT(batch.bytes(), (std::size_t{4} << 20) - 2'000);
}

}  // namespace
}  // namespace freshet::cursor
