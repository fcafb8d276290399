// SPDX-License-Identifier: Apache-2.0
#include "cursor/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/limits.h"
#include "base/random.h"

namespace freshet::cursor {
namespace {

class NoSource final : public Source {
 public:
  explicit NoSource(std::atomic<int>* alive = nullptr) : alive_(alive) {
    if (alive_ != nullptr) ++*alive_;
  }
  ~NoSource() override {
    if (alive_ != nullptr) --*alive_;
  }
  FillResult fill(Batch&, Operation&) override { return FillResult::Exhausted; }

 private:
  std::atomic<int>* alive_;
};

class CountingWaker final : public Waker {
 public:
  void wake() noexcept override { ++count; }
  std::atomic<int> count{0};
};

const model::Namespace kNs{"db", "c"};

struct RegistryTest : ::testing::Test {
  /// Opens a cursor and gives it back to the registry.
  std::int64_t opened(CursorParams params = {.ns = kNs}) {
    CursorPin pin = registry.open(std::make_unique<NoSource>(&alive), std::move(params));
    const std::int64_t id = pin.id();
    pin.release();
    return id;
  }
  int code_of(std::int64_t id, const model::Namespace& ns, const CursorUser& user = {}) {
    try {
      registry.pin(id, ns, user).release();
    } catch (const Error& error) {
      return static_cast<int>(error.code());
    }
    return 0;
  }

  ManualClock clock;
  SeededRandom random{1};
  Limits limits;
  std::atomic<int> alive{0};
  Registry registry{clock, random, limits};
};

TEST_F(RegistryTest, GivesACursorToItsOwnerOnly) {
  const std::int64_t id = opened();
  EXPECT_GT(id, 0);
  EXPECT_EQ(code_of(id, kNs), 0);
  EXPECT_EQ(code_of(id + 1, kNs), 43);
  EXPECT_EQ(code_of(id, {"db", "d"}), 13);
  EXPECT_EQ(code_of(id, kNs, {.name = "eve"}), 13);
}

TEST_F(RegistryTest, ChecksSessionAndTransaction) {
  const model::SessionId one{model::Uuid("0123456789abcdef"), {}};
  const model::SessionId other{model::Uuid("fedcba9876543210"), {}};
  const std::int64_t plain = opened();
  const std::int64_t in_session = opened({.ns = kNs, .user = {.session = one}});
  const std::int64_t in_txn = opened({.ns = kNs, .user = {.session = one, .txn_number = 3}});
  EXPECT_EQ(code_of(plain, kNs, {.session = one}), 50736);
  EXPECT_EQ(code_of(in_session, kNs), 50737);
  EXPECT_EQ(code_of(in_session, kNs, {.session = other}), 50738);
  EXPECT_EQ(code_of(in_session, kNs, {.session = one, .txn_number = 3}), 50739);
  EXPECT_EQ(code_of(in_txn, kNs, {.session = one}), 50740);
  EXPECT_EQ(code_of(in_txn, kNs, {.session = one, .txn_number = 4}), 50741);
  EXPECT_EQ(code_of(in_txn, kNs, {.session = one, .txn_number = 3}), 0);
  EXPECT_EQ(registry.kill_session(one), 2U);
  EXPECT_EQ(alive, 1);
}

TEST_F(RegistryTest, OneCommandAtATimeUsesACursor) {
  const std::int64_t id = opened();
  CursorPin pin = registry.pin(id, kNs, {});
  EXPECT_EQ(code_of(id, kNs), 12051);
  EXPECT_EQ(registry.stats().open_pinned, 1);
  pin.note_batch(3);
  pin.release();
  EXPECT_EQ(code_of(id, kNs), 0);
  EXPECT_EQ(registry.list().at(0).documents, 3);
}

TEST_F(RegistryTest, ACommandThatFailsTakesItsCursorAlong) {
  const std::int64_t id = opened();
  { const CursorPin pin = registry.pin(id, kNs, {}); }
  EXPECT_EQ(code_of(id, kNs), 43);
  EXPECT_EQ(alive, 0);
}

TEST_F(RegistryTest, KillWakesTheCommandThatWaits) {
  const std::int64_t id = opened();
  CursorPin pin = registry.pin(id, kNs, {});
  const auto waker = std::make_shared<CountingWaker>();
  pin.set_waker(waker);
  EXPECT_EQ(registry.kill(id, "eve"), KillOutcome::NotFound);
  EXPECT_EQ(registry.kill(id, ""), KillOutcome::Killed);
  EXPECT_EQ(registry.kill(id, ""), KillOutcome::NotFound);
  EXPECT_EQ(waker->count, 1);
  EXPECT_TRUE(pin.killed());
  pin.set_waker(waker);
  EXPECT_EQ(waker->count, 2);
  EXPECT_EQ(alive, 1);
  pin.release();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(registry.stats().open_total, 0);
}

TEST_F(RegistryTest, IdleCursorsExpireUnlessTheyMustNot) {
  const std::int64_t idle = opened();
  const std::int64_t used = opened();
  const std::int64_t kept = opened({.ns = kNs, .no_timeout = true});
  clock.advance(Milliseconds(limits.cursor_idle_ms_max - 1));
  EXPECT_EQ(code_of(used, kNs), 0);
  EXPECT_EQ(registry.reap(), 0U);
  clock.advance(Milliseconds(1));
  EXPECT_EQ(registry.reap(), 1U);
  EXPECT_EQ(code_of(idle, kNs), 43);
  EXPECT_EQ(code_of(used, kNs), 0);
  EXPECT_EQ(code_of(kept, kNs), 0);
  EXPECT_EQ(registry.stats().timed_out, 1);
  EXPECT_EQ(registry.stats().open_no_timeout, 1);
}

TEST_F(RegistryTest, RefusesMoreThanTheLimit) {
  limits.cursors_open_max = 1;
  opened();
  EXPECT_THROW(opened(), Error);
  EXPECT_EQ(alive, 1);
}

TEST_F(RegistryTest, ManyThreadsUseKillAndReap) {
  std::vector<std::thread> threads;
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 64; ++i)
    ids.push_back(opened());
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::int64_t id = ids[(i * 7 + static_cast<std::size_t>(t)) % ids.size()];
        if (t == 0 && i % 2 == 0) {
          static_cast<void>(registry.kill(id, ""));
        } else {
          static_cast<void>(code_of(id, kNs));
        }
        static_cast<void>(registry.stats());
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(registry.kill_if([](const CursorInfo&) { return true; }),
            static_cast<std::size_t>(registry.stats().total_opened - 32));
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace freshet::cursor
