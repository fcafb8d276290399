// SPDX-License-Identifier: Apache-2.0
#include "server/io_thread.h"

#include <pthread.h>

#include <utility>
#include <vector>

#include <boost/asio/post.hpp>

#include "server/connection.h"

namespace freshet::server {
namespace asio = boost::asio;

IoThread::IoThread(Edge& edge)
    : edge_(edge),
      work_(asio::make_work_guard(context_)),
      wake_queue_(std::make_shared<WakeQueue>(context_)),
      scratch_(new char[kScratchBytes]) {}

IoThread::~IoThread() {
  stop();
}

void IoThread::start() {
  thread_ = std::thread([this] { run(); });
}

void IoThread::run() {
  ::pthread_setname_np(::pthread_self(), "connections");
  while (true) {
    try {
      context_.run();
      return;
    } catch (const std::exception& failed) {  // a handler ran out of memory; the others go on
      edge_.logger.error("NETWORK", "a connection's handler failed", {{"error", failed.what()}});
    }
  }
}

void IoThread::adopt(asio::ip::tcp::socket socket, std::int64_t connection_id) {
  count_.fetch_add(1, std::memory_order_relaxed);
  asio::post(context_, [this, connection_id, socket = std::move(socket)]() mutable {
    // A control block of its own: wakers that linger keep that alive, not the connection's memory.
    const std::shared_ptr<Connection> connection(
        new Connection(*this, std::move(socket), connection_id));
    connections_.emplace(connection.get(), connection);
    connection->start();
    if (shutting_down_) connection->shut_down();
  });
}

void IoThread::remove(Connection& connection) {
  if (connections_.erase(&connection) == 0) return;
  count_.fetch_sub(1, std::memory_order_relaxed);
  edge_.connections_current.fetch_sub(1, std::memory_order_relaxed);
}

void IoThread::shut_down_connections() {
  asio::post(context_, [this] {
    shutting_down_ = true;
    std::vector<std::shared_ptr<Connection>> all;  // shutting down removes from connections_
    all.reserve(connections_.size());
    for (const auto& entry : connections_)
      all.push_back(entry.second);
    for (const auto& connection : all)
      connection->shut_down();
  });
}

void IoThread::close_all() {
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& entry : connections_)
    all.push_back(entry.second);
  for (const auto& connection : all)
    connection->abandon();
}

void IoThread::stop() {
  wake_queue_->close();
  if (thread_.joinable()) {
    asio::post(context_, [this] {
      close_all();
      work_.reset();  // the thread ends when the last cancelled handler has run
    });
    thread_.join();
  }
  close_all();
}

}  // namespace freshet::server
