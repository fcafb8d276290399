// SPDX-License-Identifier: Apache-2.0
#include "server/listener.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/bind.h"

namespace freshet::server {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// After the process or the machine ran out of descriptors or memory.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

Listener::Listener(Edge& edge, std::vector<tcp::acceptor> acceptors,
                   std::vector<std::unique_ptr<IoThread>>& threads)
    : edge_(edge), acceptors_(std::move(acceptors)), threads_(threads) {
  for (std::size_t i = 0; i < acceptors_.size(); ++i) {
    pauses_.emplace_back(threads_.front()->context());
  }
}

void Listener::start() {
  for (tcp::acceptor& acceptor : acceptors_)
    accept(acceptor);
}

void Listener::stop() {
  stopped_ = true;
  error_code ignored;
  for (tcp::acceptor& acceptor : acceptors_)
    acceptor.close(ignored);
  for (auto& pause : pauses_)
    pause.cancel();
}

void Listener::accept(tcp::acceptor& acceptor) {
  if (stopped_) return;
  IoThread& thread = least_loaded();
  acceptor.async_accept(thread.context(),
                        [this, &acceptor, &thread](const error_code& failed, tcp::socket socket) {
                          if (stopped_ || failed == boost::asio::error::operation_aborted) return;
                          if (failed && failed != boost::asio::error::connection_aborted)
                            return pause(acceptor, failed);
                          if (!failed) admit(std::move(socket), thread);
                          accept(acceptor);
                        });
}

void Listener::admit(tcp::socket socket, IoThread& thread) {
  const auto current = edge_.connections_current.fetch_add(1, std::memory_order_relaxed);
  if (current >= edge_.limits.connections_max) {
    edge_.connections_current.fetch_sub(1, std::memory_order_relaxed);
    edge_.connections_rejected.fetch_add(1, std::memory_order_relaxed);
    error_code gone;
    const tcp::endpoint peer = socket.remote_endpoint(gone);
    edge_.logger.warning("NETWORK", "connection refused: too many are open (connectionsMax)",
                         {{"remote", to_text(peer)}, {"connectionCount", current}});
    return;  // closes the socket
  }
  const auto id = edge_.connections_created.fetch_add(1, std::memory_order_relaxed) + 1;
  thread.adopt(std::move(socket), id);
}

void Listener::pause(tcp::acceptor& acceptor, const error_code& why) {
  edge_.logger.error("NETWORK", "cannot accept connections for a moment",
                     {{"error", why.message()}});
  auto& timer = pauses_[static_cast<std::size_t>(&acceptor - acceptors_.data())];
  timer.expires_after(kAcceptPause);
  timer.async_wait([this, &acceptor](const error_code& failed) {
    if (!failed) accept(acceptor);
  });
}

IoThread& Listener::least_loaded() const {
  return **std::ranges::min_element(threads_, {},
                                    [](const auto& thread) { return thread->connection_count(); });
}

}  // namespace freshet::server
