// SPDX-License-Identifier: Apache-2.0
// A connection of a tool to a server: one request at a time, plain or over TLS.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "bson/view.h"
#include "workload/address.h"
#include "workload/loop.h"

namespace freshet::workload {

/// For the loop's thread. Not movable: the loop holds on to it while it reads.
class Link {
 public:
  /// Takes the reply's document, which lives as long as the call.
  using OnReply = std::function<void(bson::View)>;

  /// Connects. Throws HostUnreachable, with the address.
  Link(Loop& loop, const ServerAddress& address);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Sends a message and, once its reply is there, has the loop call `on_reply`, which may request
  /// the next. Throws HostUnreachable, ProtocolError, from here or from the loop.
  void request(std::string_view message, OnReply on_reply);

  /// Runs the loop until the reply is there; it lives until the next use of this link. Throws also
  /// what check_reply() does.
  bson::View call(std::string_view message);
  /// The same for a command's document.
  bson::View run(bson::View command);
  /// The same without check_reply().
  bson::View call_unchecked(std::string_view message);

 private:
  struct Tls;

  void connect(const ServerAddress& address);
  void read_more();
  void take_bytes(std::size_t count);
  [[noreturn]] void fail(const std::string& why) const;

  Loop& loop_;
  const std::string name_;  // host:port, for errors
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Tls> tls_;  // null: plain
  std::string in_;
  std::size_t filled_ = 0;
  OnReply on_reply_;
  std::string reply_;  // of call()
};

}  // namespace freshet::workload
