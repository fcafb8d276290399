// SPDX-License-Identifier: Apache-2.0
#include "server/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "server/bind.h"
#include "server/io_thread.h"

namespace freshet::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Asks the kernel to find out when a silent client's machine is gone.
void keep_alive(int socket) {
  constexpr std::pair<int, int> kSeconds[] = {
      {TCP_KEEPIDLE, 120}, {TCP_KEEPINTVL, 30}, {TCP_KEEPCNT, 4}};
  const int on = 1;
  (void)::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  for (const auto& [option, value] : kSeconds) {
    (void)::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value);
  }
}

}  // namespace

Connection::Connection(IoThread& thread, tcp::socket socket, std::int64_t id)
    : thread_(thread),
      socket_(std::move(socket)),
      deadline_(thread.context()),
      peer_([this] {
        error_code gone;
        return socket_.remote_endpoint(gone);
      }()),
      id_(id) {}

void Connection::start() {
  guarded([this] {
    error_code failed;  // a socket that refuses an option will fail on its first use
    socket_.non_blocking(true, failed);
    socket_.set_option(tcp::no_delay(true), failed);
    keep_alive(socket_.native_handle());
    client_ = thread_.edge().dispatcher.connect(id_, to_text(peer_));
    thread_.edge().logger.debug("NETWORK", "connection accepted",
                                {{"connectionId", id_}, {"remote", to_text(peer_)}});
    arm_read();
  });
}

/// The client closed its side while an exchange ran or replies were on their way.
void Connection::on_hang_up() {
  peer_gone_ = true;
  if (!reply_expected_ || phase_ == Phase::Idle || phase_ == Phase::Streaming) {
    return;  // settle() finishes what came before the end, then closes
  }
  exchange_->interrupt(ErrorCode::ClientDisconnect);
  close_when_sent_ = true;
  if (phase_ == Phase::Parked) close();
}

void Connection::flush() {
  if (write_armed_ || closed_ || replies_.empty()) return;
  const std::size_t before = replies_.bytes();
  const bool last = close_when_sent_ && phase_ == Phase::Idle;
  const ReplyQueue::Outcome outcome = replies_.send(socket_, last);
  TrafficCounters::add(thread_.counters().bytes_out, before - replies_.bytes());
  if (outcome == ReplyQueue::Outcome::Broken) return close();
  const std::int64_t unsent = account_unsent();
  if (outcome == ReplyQueue::Outcome::Sent) return;
  if (unsent > thread_.edge().limits.send_bytes_max) {
    log_closing("too many bytes of replies that are not read", "see sendBytesMax");
    return close();
  }
  write_armed_ = true;
  socket_.async_wait(tcp::socket::wait_write,
                     [self = shared_from_this()](const error_code& failed) {
                       self->write_armed_ = false;
                       if (self->closed_) return;
                       self->guarded([&] { failed ? self->close() : self->on_writable(); });
                     });
}

/// Brings the total of what the clients do not take up to date and returns it. A reply that goes
/// out at once never counts.
std::int64_t Connection::account_unsent() {
  auto& total = thread_.edge().send_bytes;
  if (replies_.bytes() == unsent_accounted_) return total.load(std::memory_order_relaxed);
  const auto change =
      static_cast<std::int64_t>(replies_.bytes()) - static_cast<std::int64_t>(unsent_accounted_);
  unsent_accounted_ = replies_.bytes();
  return total.fetch_add(change, std::memory_order_relaxed) + change;
}

void Connection::on_writable() {
  messages_in_turn_ = 0;
  flush();
  if (closed_ || !replies_.empty()) return;
  if (phase_ == Phase::Streaming) run_exchange();
  settle();
}

void Connection::log_closing(std::string_view why, std::string_view detail) {
  thread_.edge().logger.info(
      "NETWORK", "closing connection",
      {{"connectionId", id_}, {"remote", to_text(peer_)}, {"reason", why}, {"detail", detail}});
}

void Connection::close() {
  if (!closed_) {
    closed_ = true;
    deadline_.cancel();
    error_code ignored;  // unread bytes would turn the close into a reset, which can eat a reply
    const auto scratch = thread_.scratch();
    socket_.read_some(asio::buffer(scratch.data(), scratch.size()), ignored);
    drop_input(input_.size());
    replies_ = ReplyQueue();
    account_unsent();
    socket_.close(
        ignored);  // last: who sees it closed may count on its memory being there for others
  }
  if (phase_ == Phase::OnWorker) return;  // the worker's signal comes back here
  if (phase_ == Phase::Parked) thread_.edge().commands_parked.fetch_sub(1);
  waker_.reset();
  finish_exchange();
  if (client_) thread_.edge().dispatcher.disconnect(*std::exchange(client_, nullptr));
  thread_.edge().logger.debug("NETWORK", "connection ended", {{"connectionId", id_}});
  const auto self = shared_from_this();
  thread_.remove(*this);
}

}  // namespace freshet::server
