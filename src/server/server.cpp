// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

#include "server/bind.h"
#include "server/listener.h"
#include "server/tls_context.h"

namespace freshet::server {
namespace {

constexpr unsigned kIoThreadsMax = 64;
constexpr unsigned kWorkersMin = 4;  // some of them wait for disks
constexpr unsigned kWorkersMax = 64;
constexpr auto kShutdownPoll = Milliseconds(2);

unsigned io_threads_for(const ServerOptions& options) {
  const unsigned wanted =
      options.io_threads != 0 ? options.io_threads : std::thread::hardware_concurrency();
  return std::clamp(wanted, 1U, kIoThreadsMax);
}

unsigned workers_for(const ServerOptions& options) {
  if (options.worker_threads != 0) return std::min(options.worker_threads, kWorkersMax);
  return std::clamp(2 * std::thread::hardware_concurrency(), kWorkersMin, kWorkersMax);
}

}  // namespace

struct Server::State {
  State(command::Dispatcher& dispatcher, Logger& logger, const Limits& limits,
        const ServerOptions& options)
      : workers(workers_for(options), static_cast<std::size_t>(limits.worker_queue_max)),
        tls(options.tls.mode == TlsMode::Disabled ? nullptr
                                                  : std::make_unique<TlsContext>(options.tls)),
        edge{.dispatcher = dispatcher,
             .logger = logger,
             .limits = limits,
             .workers = workers,
             .tls = tls.get()} {
    for (unsigned i = 0; i < io_threads_for(options); ++i) {
      threads.push_back(std::make_unique<IoThread>(edge));
    }
    auto& context = threads.front()->context();
    listener.emplace(edge, bind_all(context, options.bind_addresses, options.port), threads);
    for (const auto& acceptor : listener->acceptors()) {
      addresses.push_back(to_text(acceptor.local_endpoint()));
      port = acceptor.local_endpoint().port();
    }
  }

  WorkerPool workers;
  const std::unique_ptr<const TlsContext> tls;  // null: not offered
  Edge edge;
  std::vector<std::unique_ptr<IoThread>> threads;  // the listener's sockets live on the first
  std::optional<Listener> listener;
  std::vector<std::string> addresses;
  std::uint16_t port = 0;
  bool started = false;
  bool stopped = false;
};

Server::Server(command::Dispatcher& dispatcher, Logger& logger, const Limits& limits,
               ServerOptions options)
    : state_(std::make_unique<State>(dispatcher, logger, limits, options)) {}

Server::~Server() {
  stop(Milliseconds(0));
}

std::uint16_t Server::port() const {
  return state_->port;
}

std::vector<std::string> Server::addresses() const {
  return state_->addresses;
}

void Server::start() {
  state_->started = true;
  for (const auto& thread : state_->threads)
    thread->start();
  boost::asio::post(state_->threads.front()->context(), [this] { state_->listener->start(); });
}

void Server::stop(Milliseconds grace) {
  if (std::exchange(state_->stopped, true)) return;
  boost::asio::post(state_->threads.front()->context(), [this] { state_->listener->stop(); });
  if (state_->started) {
    for (const auto& thread : state_->threads)
      thread->shut_down_connections();
    const auto until = std::chrono::steady_clock::now() + grace;
    while (state_->edge.connections_current.load() > 0 &&
           std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(kShutdownPoll);
    }
  }
  state_->workers.stop();
  for (const auto& thread : state_->threads)
    thread->stop();
  state_->listener.reset();
}

ServerStats Server::stats() const {
  const Edge& edge = state_->edge;
  ServerStats stats;
  stats.connections_current = edge.connections_current.load();
  stats.connections_available =
      std::max<std::int64_t>(0, edge.limits.connections_max - stats.connections_current);
  stats.connections_created = edge.connections_created.load();
  stats.connections_rejected = edge.connections_rejected.load();
  stats.commands_parked = edge.commands_parked.load();
  stats.commands_on_workers = edge.commands_on_workers.load();
  stats.receive_bytes = edge.receive_bytes.load();
  stats.send_bytes = edge.send_bytes.load();
  for (const auto& thread : state_->threads) {
    stats.bytes_in += thread->traffic().bytes_in.load();
    stats.bytes_out += thread->traffic().bytes_out.load();
    stats.requests += thread->traffic().requests.load();
  }
  return stats;
}

}  // namespace freshet::server
