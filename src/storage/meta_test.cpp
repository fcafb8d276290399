// SPDX-License-Identifier: Apache-2.0
#include "storage/meta.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/memory/memory_store.h"
#include "storage/testing_faulty_store.h"

namespace freshet::storage {
namespace {

TEST(Meta, ANewStoreGetsAnIdentityThatStays) {
  memory::MemoryStore store;
  SeededRandom random(1);
  EXPECT_FALSE(read_identity(*store.snapshot()).has_value());
  const Identity first = begin_run(store, random);
  EXPECT_EQ(first.term, 1U);
  EXPECT_TRUE(first.clean);
  EXPECT_EQ(first.history_id.size(), 16U);
  const Identity second = begin_run(store, random);
  EXPECT_EQ(second.term, 2U);
  EXPECT_FALSE(second.clean);
  EXPECT_EQ(second.history_id, first.history_id);
  EXPECT_TRUE(end_run(store));
  EXPECT_TRUE(begin_run(store, random).clean);
  EXPECT_EQ(store.last_position(), Position{});
  EXPECT_EQ(store.last_sequence(), 4U);
}

TEST(Meta, ANewerFormatIsRefused) {
  memory::MemoryStore store;
  SeededRandom random(1);
  static_cast<void>(begin_run(store, random));
  CommitGroup group;
  std::string newer;
  append_be32(newer, kFormatVersion + 1);
  group.changes.push_back({Change::Kind::Put, {SpaceKind::Meta, 0}, "format", newer});
  group.sequence = 2;
  ASSERT_EQ(store.apply(group), ApplyOutcome::Applied);
  try {
    static_cast<void>(begin_run(store, random));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::IncompatibleServerVersion);
  }
}

TEST(Meta, AStoreThatCannotBeWrittenIsSaid) {
  memory::MemoryStore store;
  FaultyStore faulty(store);
  SeededRandom random(1);
  faulty.fail_apply(1, ApplyOutcome::NoSpace);
  EXPECT_THROW(static_cast<void>(begin_run(faulty, random)), Error);
  faulty.fail_apply(1, ApplyOutcome::Failed);
  EXPECT_THROW(static_cast<void>(begin_run(faulty, random)), Error);
  faulty.fail_sync(1);
  EXPECT_THROW(static_cast<void>(begin_run(faulty, random)), Error);
}

}  // namespace
}  // namespace freshet::storage
