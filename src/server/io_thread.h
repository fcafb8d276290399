// SPDX-License-Identifier: Apache-2.0
// One thread and the connections bound to it: they need no lock, since nothing else touches them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <unordered_map>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/edge.h"
#include "server/wake_queue.h"

namespace freshet::server {

class Connection;

/// The public functions marked "any thread" are that; the others belong to the thread itself.
class IoThread {
 public:
  explicit IoThread(Edge& edge);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void start();  ///< Any thread.
  /// Any thread. Takes over a connected socket that was made for context().
  void adopt(boost::asio::ip::tcp::socket socket, std::int64_t connection_id);
  /// Any thread. See Connection::shut_down().
  void shut_down_connections();
  /// Any thread. Closes what is left, ends the thread and waits for it. Requires: no worker runs.
  void stop();
  std::size_t connection_count() const { return count_.load(std::memory_order_relaxed); }
  const TrafficCounters& traffic() const { return traffic_; }
  boost::asio::io_context& context() { return context_; }

  Edge& edge() { return edge_; }
  TrafficCounters& counters() { return traffic_; }
  const std::shared_ptr<WakeQueue>& wake_queue() const { return wake_queue_; }
  /// The buffer every connection of this thread reads into; what it wants to keep it copies.
  std::span<char> scratch() { return {scratch_.get(), kScratchBytes}; }
  /// Forgets a closed connection. Its last reference may go with it.
  void remove(Connection& connection);

 private:
  static constexpr std::size_t kScratchBytes = std::size_t{256} << 10;

  void run();
  void close_all();

  Edge& edge_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::shared_ptr<WakeQueue> wake_queue_;  // shared with wakers, which may outlive the server
  std::unique_ptr<char[]> scratch_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::atomic<std::size_t> count_{0};
  TrafficCounters traffic_;
  bool shutting_down_ = false;
  std::thread thread_;
};

}  // namespace freshet::server
