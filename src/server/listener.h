// SPDX-License-Identifier: Apache-2.0
// Accepts clients and gives each to the I/O thread that has fewest.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/edge.h"
#include "server/io_thread.h"

namespace freshet::server {

/// Runs on the first I/O thread; start() and stop() are to be called there.
class Listener {
 public:
  /// Requires: `acceptors` belong to the first thread's context; `threads` outlive this.
  Listener(Edge& edge, std::vector<boost::asio::ip::tcp::acceptor> acceptors,
           std::vector<std::unique_ptr<IoThread>>& threads);

  void start();
  void stop();
  const std::vector<boost::asio::ip::tcp::acceptor>& acceptors() const { return acceptors_; }

 private:
  void accept(boost::asio::ip::tcp::acceptor& acceptor);
  void admit(boost::asio::ip::tcp::socket socket, IoThread& thread);
  void pause(boost::asio::ip::tcp::acceptor& acceptor, const boost::system::error_code& why);
  IoThread& least_loaded() const;

  Edge& edge_;
  std::vector<boost::asio::ip::tcp::acceptor> acceptors_;
  std::vector<std::unique_ptr<IoThread>>& threads_;
  std::vector<boost::asio::steady_timer> pauses_;  // one for each acceptor
  bool stopped_ = false;
};

}  // namespace freshet::server
