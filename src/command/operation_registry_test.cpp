// SPDX-License-Identifier: Apache-2.0
#include "command/operation_registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "base/random.h"

namespace freshet::command {
namespace {

class CountingWaker final : public Waker {
 public:
  void wake() noexcept override { ++woken; }
  int woken = 0;
};

class OperationRegistryTest : public ::testing::Test {
 protected:
  std::unique_ptr<Operation> start(std::optional<model::SessionId> session = {}) {
    auto operation =
        std::make_unique<Operation>(clock_, registry_.next_id(), std::make_shared<ClientInfo>());
    registry_.add(operation->id(), {.operation = operation.get(),
                                    .command_name = "ping",
                                    .ns = "admin",
                                    .body = {},
                                    .session = std::move(session),
                                    .parked = nullptr});
    return operation;
  }

  ManualClock clock_;
  OperationRegistry registry_;
  std::shared_ptr<CountingWaker> waker_ = std::make_shared<CountingWaker>();
};

TEST_F(OperationRegistryTest, KillInterruptsAndWakesWhatIsParked) {
  const auto running = start();
  const auto parked = start();
  registry_.set_parked(parked->id(), waker_);
  EXPECT_TRUE(registry_.kill(running->id()));
  EXPECT_TRUE(running->interrupted());
  EXPECT_EQ(waker_->woken, 0);
  EXPECT_TRUE(registry_.kill(parked->id()));
  EXPECT_TRUE(parked->interrupted());
  EXPECT_EQ(waker_->woken, 1);
  EXPECT_FALSE(registry_.kill(4711));
}

TEST_F(OperationRegistryTest, WhatWasKilledBeforeItParkedIsWokenAtOnce) {
  const auto operation = start();
  EXPECT_TRUE(registry_.kill(operation->id()));
  registry_.set_parked(operation->id(), waker_);
  EXPECT_EQ(waker_->woken, 1);
}

TEST_F(OperationRegistryTest, WhatRunsAgainIsNotWoken) {
  const auto operation = start();
  registry_.set_parked(operation->id(), waker_);
  registry_.set_parked(operation->id(), nullptr);
  EXPECT_TRUE(registry_.kill(operation->id()));
  EXPECT_EQ(waker_->woken, 0);
}

TEST_F(OperationRegistryTest, KillsTheOperationsOfASession) {
  SystemRandom random;
  const model::SessionId mine{model::Uuid::generate(random), std::string()};
  const model::SessionId other{model::Uuid::generate(random), std::string()};
  const auto of_mine = start(mine);
  const auto of_other = start(other);
  const auto of_nobody = start();
  registry_.set_parked(of_mine->id(), waker_);
  registry_.kill_sessions([&](const model::SessionId& session) { return session == mine; });
  EXPECT_TRUE(of_mine->interrupted());
  EXPECT_EQ(waker_->woken, 1);
  EXPECT_FALSE(of_other->interrupted());
  EXPECT_FALSE(of_nobody->interrupted());
}

TEST_F(OperationRegistryTest, VisitsEachOnceUntilItIsRemoved) {
  std::vector<std::unique_ptr<Operation>> operations;
  for (int i = 0; i < 100; ++i)
    operations.push_back(start());
  registry_.remove(operations.front()->id());
  std::set<std::uint64_t> seen;
  registry_.for_each([&](std::uint64_t id, const RunningCommand& command) {
    EXPECT_EQ(command.operation->id(), id);
    EXPECT_TRUE(seen.insert(id).second);
  });
  EXPECT_EQ(seen.size(), 99U);
  EXPECT_EQ(registry_.size(), 99U);
}

}  // namespace
}  // namespace freshet::command
