// SPDX-License-Identifier: Apache-2.0
// A blocking client over a real loopback socket, and a server with a fake dispatcher to talk to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "bson/builder.h"
#include "bson/view.h"
#include "server/fake_dispatcher_testing.h"
#include "server/server.h"
#include "wire/message.h"

namespace freshet::server {

/// The bytes of an OP_MSG request {command: number}, made longer by `padding` bytes.
inline std::string request(std::string_view command, std::int32_t number, std::int32_t id = 1,
                           std::uint32_t flags = 0, std::size_t padding = 0) {
  std::string out;
  wire::MessageWriter writer(out);
  writer.body().add(command, number).add("$db", "admin");
  if (padding > 0) writer.body().add("padding", std::string(padding, 'x'));
  writer.finish({.request_id = id});
  store_le(out.data() + wire::kHeaderBytes, flags);
  return out;
}

struct Reply {
  std::string bytes;
  std::int32_t response_to() const { return load_le<std::int32_t>(bytes.data() + 8); }
  bool more_to_come() const { return (load_le<std::uint32_t>(bytes.data() + 16) & 2U) != 0; }
  bson::View body() const { return bson::View(bytes.data() + 21); }
  double ok() const { return body()["ok"].as_double(); }
  std::int32_t number(std::string_view field = "n") const { return body()[field].as_int32(); }
};

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer != 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { hang_up(); }
  Client(Client&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void hang_up() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  /// Closes with a reset.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    hang_up();
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  /// False when the server closed meanwhile.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// Nothing when the server closed or stays silent.
  std::optional<Reply> receive() {
    Reply reply;
    if (!read(reply.bytes, wire::kHeaderBytes)) return std::nullopt;
    const auto length = static_cast<std::size_t>(load_le<std::int32_t>(reply.bytes.data()));
    if (!read(reply.bytes, length)) return std::nullopt;
    return reply;
  }
  std::optional<Reply> call(std::string_view command, std::int32_t number, std::int32_t id = 1) {
    if (!send(request(command, number, id))) return std::nullopt;
    return receive();
  }
  /// True when the server has closed and no byte came before that.
  bool closed_by_server() {
    char byte = 0;
    const auto count = ::recv(socket_, &byte, 1, 0);
    return count == 0 || (count < 0 && errno == ECONNRESET);
  }

 private:
  bool read(std::string& into, std::size_t size) {
    while (into.size() < size) {
      char chunk[65536];
      const auto count = ::recv(socket_, chunk, std::min(sizeof chunk, size - into.size()), 0);
      if (count <= 0) return false;
      into.append(chunk, static_cast<std::size_t>(count));
    }
    return true;
  }

  int socket_ = -1;
  bool connected_ = false;
};

/// Waits until the condition holds; false after some seconds.
inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

class ServerTest : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    options.bind_addresses = {"127.0.0.1"};
    if (options.io_threads == 0) options.io_threads = 2;
    server_.emplace(dispatcher_, log_, limits_, std::move(options));
    server_->start();
  }
  Client client(int receive_buffer = 0) { return Client(server_->port(), receive_buffer); }

  SystemClock clock_;
  Logger log_{clock_, {.target = LogOptions::Target::Nowhere, .level = Severity::Debug}};
  Limits limits_;
  FakeDispatcher dispatcher_;
  std::optional<Server> server_;
};

}  // namespace freshet::server
