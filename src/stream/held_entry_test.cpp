// SPDX-License-Identifier: Apache-2.0
#include "stream/held_entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/log_run.h"

namespace freshet::stream {
namespace {

using storage::Position;

oplog::LogBlockPtr block_of(const std::string& first, const std::string& second) {
  auto run = std::make_shared<storage::LogRun>(Position(1));
  run->append(Position(2), first);
  run->append(Position(3), second);
  return run;
}

oplog::LogEntry entry_of(const oplog::LogBlockPtr& block, std::size_t i) {
  return {block->position(i), block->bytes(i)};
}

TEST(HeldEntryTest, KeepsTheRecordOfTheRingWhileItHoldsIt) {
  HeldEntry held;
  EXPECT_FALSE(held);
  auto record = std::make_shared<const storage::LogRecord>(storage::LogRecord{Position(5), "five"});
  held.hold(record);
  EXPECT_TRUE(held);
  EXPECT_EQ(held.position(), Position(5));
  EXPECT_EQ(held.bytes(), "five");
  EXPECT_EQ(record.use_count(), 2);
  held.part_from_block();
  EXPECT_EQ(held.bytes().data(), record->bytes.data()) << "it was of no block";
  held.let_go();
  EXPECT_FALSE(held);
  EXPECT_EQ(record.use_count(), 1);
}

TEST(HeldEntryTest, KeepsTheBlockFromEntryToEntry) {
  const oplog::LogBlockPtr block = block_of("two", "three");
  HeldEntry held;
  for (std::size_t i = 0; i < block->size(); ++i) {
    held.hold(entry_of(block, i), block);
    EXPECT_EQ(held.bytes().data(), block->bytes(i).data());
    EXPECT_EQ(block.use_count(), 2);
    held.let_go();
    EXPECT_FALSE(held);
  }
  held.part_from_block();
  EXPECT_EQ(block.use_count(), 1);
}

TEST(HeldEntryTest, PartsFromTheBlockUnlessTheEntryIsMuchOfIt) {
  const oplog::LogBlockPtr block = block_of("small", std::string(100'000, 'x'));
  HeldEntry held;
  held.hold(entry_of(block, 0), block);
  held.part_from_block();
  EXPECT_EQ(held.position(), Position(2));
  EXPECT_EQ(held.bytes(), "small");
  EXPECT_EQ(block.use_count(), 1);
  held.hold(entry_of(block, 1), block);
  held.part_from_block();
  EXPECT_EQ(held.bytes().data(), block->bytes(1).data());
  EXPECT_EQ(block.use_count(), 2);
}

}  // namespace
}  // namespace freshet::stream
