// SPDX-License-Identifier: Apache-2.0
#include "collection/retry.h"

#include <gtest/gtest.h>

#include "collection/testing.h"

namespace freshet::collection {
namespace {

class RetryTest : public DataTest {
 protected:
  RetryTest() { lsid_.id = model::Uuid::generate(random_); }

  void remember(std::int64_t txn_number, std::int32_t first, std::int32_t last,
                const StatementResult& result) {
    WriteUnit unit = data().begin();
    RetryRecord record(unit.transaction(), lsid_, txn_number);
    for (std::int32_t stmt = first; stmt <= last; ++stmt)
      record.add(stmt, result);
    ASSERT_EQ(record.save(clock_.wall_ms()), commit::HoldOutcome::Held);
    ASSERT_EQ(unit.commit().status, commit::CommitStatus::Committed);
  }
  std::optional<StatementResult> find(std::int64_t txn_number, std::int32_t stmt_id) {
    WriteUnit unit = data().begin();
    return RetryRecord(unit.transaction(), lsid_, txn_number).find(stmt_id);
  }

  model::SessionId lsid_;
};

TEST_F(RetryTest, RemembersWhatStatementsCameTo) {
  EXPECT_FALSE(find(5, 0));
  remember(5, 0, 99, {.n = 1, .n_modified = 1});
  StatementResult upsert{.n = 1, .n_modified = 0};
  upsert.upserted = bson_of(R"({"_id": 3})");
  remember(5, 100, 100, upsert);
  StatementResult modify{.n = 1, .n_modified = 1};
  modify.value = bson_of(R"({"value": {"_id": 1, "a": 2}})");
  remember(5, 101, 101, modify);
  reopen();
  ASSERT_TRUE(find(5, 0) && find(5, 57) && find(5, 99));
  EXPECT_EQ(find(5, 57)->n_modified, 1);
  EXPECT_EQ(*find(5, 100), upsert);
  EXPECT_EQ(*find(5, 101), modify);
  EXPECT_FALSE(find(5, 102));
}

TEST_F(RetryTest, ANewNumberForgetsTheOldOne) {
  remember(5, 0, 0, {});
  EXPECT_FALSE(find(6, 0));
  remember(6, 1, 1, {});
  EXPECT_TRUE(find(6, 1));
  EXPECT_FALSE(find(6, 0));
  EXPECT_EQ(code_of([&] { (void)find(5, 0); }), ErrorCode::TransactionTooOld);
}

TEST_F(RetryTest, IdleRecordsExpire) {
  remember(5, 0, 0, {});
  EXPECT_EQ(data().expire_retries(clock_.wall_ms()), 0U);
  EXPECT_EQ(data().expire_retries(clock_.wall_ms() + 1), 1U);
  EXPECT_FALSE(find(4, 0));
}

}  // namespace
}  // namespace freshet::collection
