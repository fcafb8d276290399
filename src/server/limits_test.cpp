// SPDX-License-Identifier: Apache-2.0
// What the edge does where one of its limits is met.
#include <vector>

#include "server/client_testing.h"

namespace freshet::server {
namespace {

using EdgeLimitsTest = ServerTest;

constexpr int kExceededMemoryLimit = 146;

TEST_F(EdgeLimitsTest, TooManyConnectionsAreTurnedAway) {
  limits_.connections_max = 3;
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(client());
    ASSERT_EQ(clients.back().call("echo", i).value().number(), i);
  }
  Client fourth = client();
  EXPECT_TRUE(fourth.closed_by_server());
  EXPECT_EQ(server_->stats().connections_rejected, 1);
  clients.pop_back();
  ASSERT_TRUE(eventually([&] { return server_->stats().connections_current == 2; }));
  EXPECT_EQ(client().call("echo", 1).value().number(), 1);
}

TEST_F(EdgeLimitsTest, TooManyParkedCommandsGetAnError) {
  limits_.parked_commands_max = 1;
  start();
  Client first = client();
  ASSERT_TRUE(first.send(request("park", 0)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.waiting() == 1; }));
  Client second = client();
  EXPECT_EQ(second.call("park", 0).value().ok(), 0.0);
  EXPECT_EQ(second.call("echo", 4).value().number(), 4);
}

TEST_F(EdgeLimitsTest, FullWorkerQueueGetsAnError) {
  limits_.worker_queue_max = 1;
  start({.worker_threads = 1});
  Client running = client();
  ASSERT_TRUE(running.send(request("hang", 1)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.hanging == 1; }));
  Client queued = client();
  ASSERT_TRUE(queued.send(request("hang", 1)));
  ASSERT_TRUE(eventually([&] { return server_->stats().commands_on_workers == 2; }));
  EXPECT_EQ(client().call("work", 1).value().ok(), 0.0);
}

TEST_F(EdgeLimitsTest, AskingWhatGoesOnWaitsForNoWorker) {
  start({.worker_threads = 1});
  Client running = client();
  ASSERT_TRUE(running.send(request("hang", 1)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.hanging == 1; }));
  Client queued = client();
  ASSERT_TRUE(queued.send(request("work", 1)));
  EXPECT_EQ(client().call("tell", 7).value().number(), 7);
}

TEST_F(EdgeLimitsTest, WhatCanBeDoneBehindAReplyIsDoneWhileNobodyWaits) {
  start({.worker_threads = 1});
  EXPECT_EQ(client().call("work", 1).value().number(), 1);
  EXPECT_TRUE(eventually([&] { return dispatcher_.afterwards == 1; }));
}

TEST_F(EdgeLimitsTest, WhoSendsTooMuchThatIsNotCompleteIsClosed) {
  limits_.receive_bytes_max = 1 << 20;
  start();
  Client c = client();
  std::string part = request("echo", 1);
  store_le(part.data(), std::int32_t{40'000'000});
  part.resize(2 << 20, 'x');
  (void)c.send(part);
  EXPECT_TRUE(c.closed_by_server());
  EXPECT_EQ(client().call("echo", 5).value().number(), 5);
  EXPECT_TRUE(eventually([&] { return server_->stats().receive_bytes == 0; }));
}

TEST_F(EdgeLimitsTest, RequestsThatWaitCountUntilTheyAreAnswered) {
  constexpr std::size_t kSmall = 30'000;  // comes in one piece
  limits_.receive_bytes_max = 200'000;
  start();
  Client large = client();
  ASSERT_TRUE(large.send(request("park", 0, 1, 0, 200'000 - kSmall)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.waiting() == 1; }));
  EXPECT_GT(server_->stats().receive_bytes, 200'000 - static_cast<std::int64_t>(kSmall));

  Client refused = client();
  ASSERT_TRUE(refused.send(request("echo", 1, 1, 0, kSmall)));
  EXPECT_EQ(refused.receive().value().number("code"), kExceededMemoryLimit);
  EXPECT_TRUE(refused.closed_by_server());
  EXPECT_EQ(client().call("echo", 5).value().number(), 5) << "small requests go on";

  dispatcher_.wake_all();
  EXPECT_EQ(large.receive().value().ok(), 1.0);
  Client admitted = client();
  ASSERT_TRUE(admitted.send(request("echo", 2, 1, 0, kSmall)));
  EXPECT_EQ(admitted.receive().value().number(), 2);
  EXPECT_TRUE(eventually([&] { return server_->stats().receive_bytes == 0; }));
}

TEST_F(EdgeLimitsTest, WhoDoesNotReadIsClosedWhenRepliesPileUp) {
  limits_.send_bytes_max = 20 << 20;
  start();
  std::vector<Client> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(client(4096));
    ASSERT_TRUE(slow.back().send(request("big", 15 << 20)));
  }
  ASSERT_TRUE(eventually([&] {
    const ServerStats stats = server_->stats();
    return stats.connections_created == 4 && stats.connections_current == 1;
  }));
  EXPECT_GT(server_->stats().send_bytes, 0);
  EXPECT_LE(server_->stats().send_bytes, limits_.send_bytes_max);
  EXPECT_EQ(client().call("big", 100'000).value().ok(), 1.0) << "who reads gets his reply";
  slow.clear();
  EXPECT_TRUE(eventually([&] { return server_->stats().send_bytes == 0; }));
}

}  // namespace
}  // namespace freshet::server
