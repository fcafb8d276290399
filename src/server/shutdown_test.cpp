// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "server/client_testing.h"

namespace freshet::server {
namespace {

using ShutdownTest = ServerTest;
using std::chrono::steady_clock;

TEST_F(ShutdownTest, ParkedCommandsAreAnsweredAndAllIsClosed) {
  start();
  std::vector<Client> parked;
  for (int i = 0; i < 100; ++i) {
    parked.push_back(client());
    ASSERT_TRUE(parked.back().send(request("park", 0)));
  }
  std::vector<Client> idle;
  for (int i = 0; i < 50; ++i) {
    idle.push_back(client());
    ASSERT_TRUE(idle.back().call("echo", 1));
  }
  Client busy = client();
  ASSERT_TRUE(busy.send(request("hang", 1)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.waiting() == 100 && dispatcher_.hanging == 1; }));

  const auto began = steady_clock::now();
  server_->stop();
  EXPECT_LT(steady_clock::now() - began, std::chrono::milliseconds(900));
  EXPECT_EQ(dispatcher_.exchanges, 0);
  EXPECT_EQ(dispatcher_.connected, dispatcher_.disconnected);
  for (Client& c : parked) {
    const auto reply = c.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->number("code"), 11600);
    EXPECT_TRUE(c.closed_by_server());
  }
  EXPECT_EQ(busy.receive().value().number("code"), 11600);
  for (Client& c : idle)
    EXPECT_TRUE(c.closed_by_server());
  EXPECT_FALSE(client().connected());
  dispatcher_.wake_all();  // wakers outlive the server
}

TEST_F(ShutdownTest, AReaderThatDoesNotReadIsNotWaitedForLong) {
  start();
  Client slow = client(4096);
  ASSERT_TRUE(slow.send(request("big", 4 << 20)));
  ASSERT_TRUE(eventually([&] { return dispatcher_.exchanges_started == 1; }));
  const auto began = steady_clock::now();
  server_->stop(Milliseconds(100));
  EXPECT_LT(steady_clock::now() - began, std::chrono::milliseconds(900));
}

TEST_F(ShutdownTest, ServerThatNeverStartedEnds) {
  Server server(dispatcher_, log_, limits_, {.bind_addresses = {"127.0.0.1"}});
  EXPECT_NE(server.port(), 0);
}

TEST_F(ShutdownTest, WakesDuringShutdownDoNoHarm) {
  for (int round = 0; round < 10; ++round) {
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(client());
      ASSERT_TRUE(clients.back().send(request("park", 0)));
    }
    ASSERT_TRUE(eventually([&] { return dispatcher_.waiting() == 20; }));
    std::thread waker([&] { dispatcher_.wake_all(); });
    server_->stop();
    waker.join();
    server_.reset();
  }
}

}  // namespace
}  // namespace freshet::server
