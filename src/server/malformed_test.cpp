// SPDX-License-Identifier: Apache-2.0
// What broken and hostile clients send: the server lives and the others are served.
#include <random>
#include <vector>

#include "server/client_testing.h"

namespace freshet::server {
namespace {

class MalformedTest : public ServerTest {
 protected:
  void SetUp() override { start(); }
  void expect_alive() {
    EXPECT_EQ(client().call("echo", 77).value().number(), 77);
    EXPECT_TRUE(eventually([&] { return server_->stats().connections_current == 0; }));
  }
};

std::string header(std::int32_t length, std::int32_t op = 2013) {
  std::string out;
  append_le(out, length);
  append_le(out, std::int32_t{1});
  append_le(out, std::int32_t{0});
  append_le(out, op);
  return out;
}

TEST_F(MalformedTest, ImpossibleLengthsCloseTheConnection) {
  for (const std::int32_t length : {0, 15, -1, 48'000'001, 0x7fffffff}) {
    Client c = client();
    ASSERT_TRUE(c.send(header(length) + std::string(64, '\0')));
    EXPECT_TRUE(c.closed_by_server()) << length;
  }
  expect_alive();
}

TEST_F(MalformedTest, RepliesToWholeMessagesComeBeforeTheClose) {
  Client c = client();
  ASSERT_TRUE(c.send(request("echo", 1) + header(3)));
  EXPECT_EQ(c.receive().value().number(), 1);
  EXPECT_TRUE(c.closed_by_server());
}

TEST_F(MalformedTest, UnknownOpcodeClosesTheConnection) {
  Client c = client();
  ASSERT_TRUE(c.send(header(20, 999) + std::string(4, '\0')));
  EXPECT_TRUE(c.closed_by_server());
  expect_alive();
}

TEST_F(MalformedTest, TruncatedMessagePinsOnlyWhatWasSent) {
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(client());
    ASSERT_TRUE(clients.back().send(header(48'000'000) + "abc"));
  }
  Client other = client();
  EXPECT_EQ(other.call("echo", 5).value().number(), 5);
  for (Client& c : clients)
    c.hang_up();
  other.hang_up();
  expect_alive();
}

TEST_F(MalformedTest, RandomBytesDoNoHarm) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 200; ++round) {
    Client c = client();
    std::string bytes = request("echo", round);
    const std::size_t changes = 1 + random() % 8;
    for (std::size_t i = 0; i < changes; ++i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    c.send(bytes);
    c.finish_sending();
    while (c.receive()) {
    }
  }
  expect_alive();
}

}  // namespace
}  // namespace freshet::server
