// SPDX-License-Identifier: Apache-2.0
#include "server/connection.h"

#include <vector>

#include "server/client_testing.h"

namespace freshet::server {
namespace {

using ConnectionTest = ServerTest;

TEST_F(ConnectionTest, RequestIsAnswered) {
  start();
  Client c = client();
  const auto reply = c.call("echo", 42, 7);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->number(), 42);
  EXPECT_EQ(reply->response_to(), 7);
}

TEST_F(ConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  Client c = client();
  std::string bytes;
  constexpr int kCount = 5000;  // more than one turn, more than one read
  for (int i = 0; i < kCount; ++i)
    bytes += request(i % 7 == 0 ? "work" : "echo", i, i);
  std::thread sender([&] { EXPECT_TRUE(c.send(bytes)); });
  for (int i = 0; i < kCount; ++i) {
    const auto reply = c.receive();
    ASSERT_TRUE(reply) << i;
    ASSERT_EQ(reply->number(), i);
  }
  sender.join();
}

TEST_F(ConnectionTest, RequestMayComeByteByByte) {
  start();
  Client c = client();
  for (const char byte : request("echo", 3)) {
    ASSERT_TRUE(c.send({&byte, 1}));
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
  EXPECT_EQ(c.receive().value().number(), 3);
}

TEST_F(ConnectionTest, LargeRequestArrivesWhole) {
  start();
  Client c = client();
  std::string out;
  wire::MessageWriter writer(out);
  writer.body().add("echo", 9).add("$db", "admin");
  for (int i = 0; i < 3; ++i)
    writer.body().add("p" + std::to_string(i), std::string(5 << 20, 'y'));
  writer.finish({.request_id = 5});
  ASSERT_TRUE(c.send(out + request("echo", 10)));
  EXPECT_EQ(c.receive().value().number(), 9);
  EXPECT_EQ(c.receive().value().number(), 10);
}

TEST_F(ConnectionTest, ParkedCommandIsWoken) {
  start();
  Client c = client();
  ASSERT_TRUE(c.send(request("park", 0)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.waiting() == 1; }));
  EXPECT_EQ(server_->stats().commands_parked, 1);
  dispatcher_.wake_all();
  EXPECT_EQ(c.receive().value().ok(), 1.0);
  EXPECT_EQ(server_->stats().commands_parked, 0);
}

TEST_F(ConnectionTest, ParkedCommandGoesOnAtItsDeadline) {
  start();
  Client c = client();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(c.call("park", 50).value().ok(), 1.0);
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, std::chrono::milliseconds(49));
  EXPECT_EQ(c.call("echo", 1).value().number(), 1);
}

TEST_F(ConnectionTest, RequestsBehindAParkedOneWait) {
  start();
  Client c = client();
  ASSERT_TRUE(c.send(request("park", 0, 1) + request("echo", 2, 2)));
  ASSERT_TRUE(c.send(request("echo", 3, 3)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.waiting() == 1; }));
  EXPECT_EQ(dispatcher_.exchanges_started, 1);
  dispatcher_.wake_all();
  for (int id = 1; id <= 3; ++id)
    EXPECT_EQ(c.receive().value().response_to(), id);
}

TEST_F(ConnectionTest, HangUpEndsAParkedCommand) {
  start();
  for (const bool reset : {false, true}) {
    Client c = client();
    ASSERT_TRUE(c.send(request("park", 0)));
    ASSERT_TRUE(eventually([&] { return server_->stats().commands_parked == 1; }));
    reset ? c.reset() : c.hang_up();
    ASSERT_TRUE(eventually([&] { return dispatcher_.exchanges == 0; }));
    EXPECT_EQ(dispatcher_.last_interrupt, static_cast<int>(ErrorCode::ClientDisconnect));
    EXPECT_TRUE(eventually([&] { return server_->stats().connections_current == 0; }));
    EXPECT_EQ(server_->stats().commands_parked, 0);
    dispatcher_.wake_all();  // a late wake does no harm
  }
}

TEST_F(ConnectionTest, HangUpInterruptsAWorker) {
  start();
  Client c = client();
  ASSERT_TRUE(c.send(request("hang", 1)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.hanging == 1; }));
  EXPECT_EQ(server_->stats().commands_on_workers, 1);
  c.hang_up();
  EXPECT_TRUE(eventually([&] { return dispatcher_.exchanges == 0; }));
  EXPECT_TRUE(eventually([&] { return dispatcher_.disconnected == 1; }));
  EXPECT_EQ(server_->stats().commands_on_workers, 0);
}

TEST_F(ConnectionTest, FireAndForgetIsDoneThoughTheClientLeaves) {
  start();
  Client c = client();
  std::string bytes;
  for (int i = 0; i < 500; ++i)
    bytes += request("echo", i, i, wire::kMoreToCome);
  ASSERT_TRUE(c.send(bytes));
  c.hang_up();
  EXPECT_TRUE(eventually([&] { return dispatcher_.exchanges_started == 500; }));
}

TEST_F(ConnectionTest, RequestsBeforeAHalfCloseAreAnswered) {
  start();
  Client c = client();
  ASSERT_TRUE(c.send(request("echo", 1) + request("echo", 2)));
  c.finish_sending();
  EXPECT_EQ(c.receive().value().number(), 1);
  EXPECT_EQ(c.receive().value().number(), 2);
  EXPECT_TRUE(c.closed_by_server());
}

TEST_F(ConnectionTest, ExhaustSendsEveryReply) {
  start();
  Client c = client();
  ASSERT_TRUE(c.send(request("stream", 100, 1)));
  for (int left = 99; left >= 0; --left) {
    const auto reply = c.receive();
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->number(), left);
    EXPECT_EQ(reply->more_to_come(), left > 0);
    EXPECT_EQ(reply->response_to(), 1 + (99 - left) * 1000);
  }
  EXPECT_EQ(c.call("echo", 5).value().number(), 5);
}

TEST_F(ConnectionTest, SlowReaderHoldsOnlyItself) {
  start({.io_threads = 1});
  Client slow = client(4096);
  constexpr int kSize = 8 << 20;
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += request("big", kSize, i);
  ASSERT_TRUE(slow.send(bytes));
  Client other = client();
  EXPECT_EQ(other.call("echo", 1).value().number(), 1);
  // Not all eight replies were made: the first unread one holds the rest back.
  EXPECT_LT(dispatcher_.exchanges_started, 5);
  for (int i = 0; i < 8; ++i) {
    const auto reply = slow.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->response_to(), i);
    EXPECT_GT(reply->bytes.size(), static_cast<std::size_t>(kSize));
  }
}

TEST_F(ConnectionTest, CommandMayCloseAfterItsReply) {
  start();
  Client c = client();
  EXPECT_EQ(c.call("bye", 1).value().ok(), 1.0);
  EXPECT_TRUE(c.closed_by_server());
}

TEST_F(ConnectionTest, ManyParkedConnectionsWakeTogether) {
  start();
  constexpr std::size_t kCount = 400;
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kCount; ++i) {
    clients.push_back(client());
    ASSERT_TRUE(clients.back().send(request("park", 0)));
  }
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(eventually([&] { return dispatcher_.waiting() == kCount; }));
    ASSERT_EQ(dispatcher_.wake_all(), kCount);
    for (Client& c : clients) {
      ASSERT_EQ(c.receive().value().ok(), 1.0);
      ASSERT_TRUE(c.send(request("park", 0)));
    }
  }
}

TEST_F(ConnectionTest, CountsTraffic) {
  start();
  Client c = client();
  const std::string bytes = request("echo", 1);
  ASSERT_TRUE(c.send(bytes));
  const auto reply = c.receive();
  ASSERT_TRUE(
      eventually([&] { return server_->stats().bytes_out > 0; }));  // counted once it is sent
  const ServerStats stats = server_->stats();
  EXPECT_EQ(stats.requests, 1);
  EXPECT_EQ(stats.bytes_in, static_cast<std::int64_t>(bytes.size()));
  EXPECT_EQ(stats.bytes_out, static_cast<std::int64_t>(reply.value().bytes.size()));
  EXPECT_EQ(stats.connections_created, 1);
}

}  // namespace
}  // namespace freshet::server
