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

// Read behind a running exchange, to see whether the client is still there.
constexpr std::size_t kPipelinedBytesMax = std::size_t{64} << 10;
// Replies gathered before they are written.
constexpr std::size_t kGatherBytesMax = std::size_t{256} << 10;
// Messages of one connection before the others of its thread have their turn.
constexpr std::uint32_t kMessagesPerTurnMax = 128;
// A message at least this long is handed on without copying it when it came alone.
constexpr std::size_t kMoveBytesMin = std::size_t{16} << 10;

bool would_block(const error_code& failed) {
  return failed == asio::error::would_block || failed == asio::error::try_again ||
         failed == asio::error::interrupted;
}

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

void Connection::arm_read() {
  if (read_armed_ || closed_ || peer_gone_) return;
  read_armed_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& failed) {
    self->read_armed_ = false;
    if (self->closed_) return;
    self->guarded([&] { failed ? self->close() : self->on_readable(); });
  });
}

void Connection::on_readable() {
  if (busy()) return receive_while_busy();
  const auto scratch = thread_.scratch();
  error_code failed;
  const std::size_t count = socket_.read_some(asio::buffer(scratch.data(), scratch.size()), failed);
  if (would_block(failed)) return arm_read();
  if (failed) return close();  // all whole messages before it have been answered
  TrafficCounters::add(thread_.counters().bytes_in, count);
  std::string_view data(scratch.data(), count);
  messages_in_turn_ = 0;
  if (input_.empty()) data.remove_prefix(process(data));
  if (!closed_ && (data.empty() || keep(data))) settle();
}

void Connection::receive_while_busy() {
  if (input_.size() >= kPipelinedBytesMax) return;  // settle() reads on
  const auto scratch = thread_.scratch();
  error_code failed;
  const std::size_t count =
      socket_.read_some(asio::buffer(scratch.data(), kPipelinedBytesMax), failed);
  if (failed && !would_block(failed)) return on_hang_up();
  TrafficCounters::add(thread_.counters().bytes_in, count);
  if (count > 0 && !keep({scratch.data(), count})) return;
  arm_read();
}

/// Appends to the input. The buffer grows with the bytes that came, never by what a header
/// promises.
bool Connection::keep(std::string_view bytes) {
  const std::size_t wanted = input_.size() + bytes.size();
  if (wanted > input_.capacity()) {
    std::string grown;  // reserve() of a used string would round up to twice its size
    const std::size_t message = input_.size() < wire::kHeaderBytes
                                    ? 0
                                    : wire::message_length(input_, thread_.edge().limits);
    grown.reserve(std::max(wanted, std::min(2 * input_.capacity(), message)));
    grown.append(input_);
    input_.swap(grown);
  }
  input_.append(bytes);
  if (account_input() <= thread_.edge().limits.receive_bytes_max) return true;
  log_closing("too many bytes of unfinished messages", "see receiveBytesMax");
  close();
  return false;
}

void Connection::drop_input(std::size_t count) {
  if (count >= input_.size()) {
    std::string().swap(input_);  // an idle connection holds no buffer
  } else {
    input_.erase(0, count);
  }
  account_input();
}

/// Brings the total of all connections' input up to date and returns it.
std::int64_t Connection::account_input() {
  const std::int64_t change =
      static_cast<std::int64_t>(input_.size()) - static_cast<std::int64_t>(input_accounted_);
  input_accounted_ = input_.size();
  return thread_.edge().receive_bytes.fetch_add(change, std::memory_order_relaxed) + change;
}

/// Takes whole messages off the front of `data` while the connection may; how many bytes it took.
std::size_t Connection::process(std::string_view data) {
  std::size_t used = 0;
  while (!closed_ && !close_when_sent_ && phase_ == Phase::Idle &&
         replies_.bytes() < kGatherBytesMax && messages_in_turn_ < kMessagesPerTurnMax) {
    const std::string_view frame = next_message(data.substr(used));
    if (frame.empty()) break;
    used += frame.size();
    ++messages_in_turn_;
    take_message(frame);
  }
  return used;
}

/// The message at the front of `data`; empty when it has not come as a whole, or never will.
std::string_view Connection::next_message(std::string_view data) {
  if (data.size() < wire::kHeaderBytes) return {};
  const std::size_t length = wire::message_length(data, thread_.edge().limits);
  if (length == 0) {
    log_closing("malformed message", "impossible length in its header");
    close_when_sent_ = true;
    return {};
  }
  return data.size() < length ? std::string_view() : data.substr(0, length);
}

void Connection::take_message(std::string_view frame) {
  TrafficCounters::add(thread_.counters().requests, 1);
  std::unique_ptr<std::string> bytes;
  if (frame.data() == input_.data() && frame.size() == input_.size() &&
      frame.size() >= kMoveBytesMin) {
    bytes = std::make_unique<std::string>(std::move(input_));
    input_.clear();
    account_input();
  } else {
    bytes = std::make_unique<std::string>(frame);
  }
  wire::DecodeResult decoded = wire::decode(*bytes, thread_.edge().limits);
  if (decoded.outcome != wire::DecodeOutcome::Ok) {
    const char* problem = decoded.problem != nullptr ? decoded.problem : "not understood";
    if (decoded.recoverable) {
      if (!decoded.message.more_to_come()) {
        replies_.push(thread_.edge().dispatcher.refuse(decoded));
      }
      return;
    }
    log_closing("malformed message", problem);
    close_when_sent_ = true;
    return;
  }
  wire::Message& message = decoded.message;
  if (!message.storage) message.storage = std::move(bytes);
  reply_expected_ = !message.more_to_come();
  exchange_ = thread_.edge().dispatcher.accept(std::move(message), client_);
  run_exchange();
}

/// Goes on as far as possible after something changed: sends, processes input, reads on, closes.
void Connection::settle() {
  if (turn_pending_) return;
  while (!closed_) {
    flush();
    if (closed_) return;
    if (phase_ != Phase::Idle || !replies_.empty()) return arm_read();  // to notice a hang-up
    if (close_when_sent_) return close();
    const std::size_t used = process(input_);
    if (used > 0 && !closed_) drop_input(used);
    if (messages_in_turn_ >= kMessagesPerTurnMax) return next_turn();
    if (used == 0 && phase_ == Phase::Idle && replies_.empty() && !close_when_sent_) break;
  }
  if (peer_gone_) return close();
  arm_read();
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
  const ReplyQueue::Outcome outcome = replies_.send(socket_);
  TrafficCounters::add(thread_.counters().bytes_out, before - replies_.bytes());
  if (outcome == ReplyQueue::Outcome::Broken) return close();
  if (outcome == ReplyQueue::Outcome::Sent) return;
  write_armed_ = true;
  socket_.async_wait(tcp::socket::wait_write,
                     [self = shared_from_this()](const error_code& failed) {
                       self->write_armed_ = false;
                       if (self->closed_) return;
                       self->guarded([&] { failed ? self->close() : self->on_writable(); });
                     });
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
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    drop_input(input_.size());
  }
  if (phase_ == Phase::OnWorker) return;  // the worker's signal comes back here
  if (phase_ == Phase::Parked) thread_.edge().commands_parked.fetch_sub(1);
  phase_ = Phase::Idle;
  waker_.reset();
  exchange_.reset();
  if (client_) thread_.edge().dispatcher.disconnect(*std::exchange(client_, nullptr));
  thread_.edge().logger.debug("NETWORK", "connection ended", {{"connectionId", id_}});
  const auto self = shared_from_this();
  thread_.remove(*this);
}

}  // namespace freshet::server
