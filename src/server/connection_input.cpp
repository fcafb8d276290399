// SPDX-License-Identifier: Apache-2.0
// How a connection turns bytes into exchanges, in order and bounded.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>

#include "server/connection.h"
#include "server/io_thread.h"
#include "server/tls_context.h"

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
// Complete requests below this are not counted against receiveBytesMax: there is one for each
// connection, and connectionsMax bounds those.
constexpr std::size_t kCountedBytesMin = std::size_t{16} << 10;

// The first byte of a TLS handshake. A message that begins with it is 22 bytes long, or longer than
// a message may be: no client's first one.
constexpr char kTlsHandshake = 0x16;

}  // namespace

void Connection::arm_read() {
  if (read_armed_ || closed_ || peer_gone_) return;
  read_armed_ = true;
  const auto ready = [self = shared_from_this()](const error_code& failed) {
    self->read_armed_ = false;
    if (self->closed_) return;
    self->guarded([&] { failed ? self->close() : self->on_readable(); });
  };
  if (channel_ && channel_->holds_input()) {
    asio::post(socket_.get_executor(), [ready] { ready({}); });
    return;
  }
  const bool sends_first = channel_ && channel_->input_wants_write();
  socket_.async_wait(sends_first ? tcp::socket::wait_write : tcp::socket::wait_read, ready);
}

/// Where TLS is spoken, the first byte tells what the client speaks. False when it has not come, or
/// the connection was closed.
bool Connection::choose_channel() {
  char first = 0;
  const auto peeked = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK);
  if (peeked < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    arm_read();
    return false;
  }
  const TlsContext& tls = *thread_.edge().tls;
  if (peeked == 1 && first == kTlsHandshake) {
    channel_ = tls.channel(socket_);
  } else if (peeked == 1 && tls.allows_plain()) {
    channel_ = plain_channel(socket_);
  } else {
    if (peeked == 1) log_closing("it does not speak TLS", "see tlsMode");
    close();
  }
  return channel_ != nullptr;
}

void Connection::on_readable() {
  if (!channel_ && !choose_channel()) return;
  if (busy()) return receive_while_busy();
  const auto scratch = thread_.scratch();
  const Channel::Moved moved = channel_->receive(scratch);
  if (moved.status == Channel::Status::Blocked) return arm_read();
  if (moved.status == Channel::Status::Ended) return on_end();
  TrafficCounters::add(thread_.counters().bytes_in, moved.count);
  std::string_view data(scratch.data(), moved.count);
  messages_in_turn_ = 0;
  if (input_.empty()) data.remove_prefix(process(data));
  if (!closed_ && (data.empty() || keep(data))) settle();
}

/// The client is gone; all whole messages before that have been answered.
void Connection::on_end() {
  if (const std::string why = channel_->problem(); !why.empty()) {
    log_closing("TLS failed", why);
  }
  close();
}

void Connection::receive_while_busy() {
  if (input_.size() >= kPipelinedBytesMax) return;  // settle() reads on
  const auto scratch = thread_.scratch();
  const Channel::Moved moved = channel_->receive(scratch.first(kPipelinedBytesMax));
  if (moved.status == Channel::Status::Ended) return on_hang_up();
  TrafficCounters::add(thread_.counters().bytes_in, moved.count);
  if (moved.count > 0 && !keep({scratch.data(), moved.count})) return;
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
  if (account_received() <= thread_.edge().limits.receive_bytes_max) return true;
  log_closing("too many bytes of requests on all connections", "see receiveBytesMax");
  close();
  return false;
}

void Connection::drop_input(std::size_t count) {
  if (count >= input_.size()) {
    std::string().swap(input_);  // an idle connection holds no buffer
  } else {
    input_.erase(0, count);
  }
  account_received();
}

/// Brings the total of all connections' requests up to date and returns it.
std::int64_t Connection::account_received() {
  const std::size_t held = input_.size() + message_bytes_;
  const auto change =
      static_cast<std::int64_t>(held) - static_cast<std::int64_t>(received_accounted_);
  received_accounted_ = held;
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
  accept(std::move(message));
}

/// Begins the exchange, unless the requests of all connections hold too much memory already.
void Connection::accept(wire::Message message) {
  reply_expected_ = !message.more_to_come();
  if (message.storage->size() >= kCountedBytesMin) {
    message_bytes_ = message.storage->size();
    if (account_received() > thread_.edge().limits.receive_bytes_max) {
      message_bytes_ = 0;
      account_received();
      log_closing("too many bytes of requests on all connections", "see receiveBytesMax");
      close_when_sent_ = true;
      if (reply_expected_) replies_.push(refusal(std::move(message)));
      return;
    }
  }
  exchange_ = thread_.edge().dispatcher.accept(std::move(message), client_);
  run_exchange();
}

std::string Connection::refusal(wire::Message message) {
  wire::DecodeResult result;
  result.code = ErrorCode::ExceededMemoryLimit;
  result.problem = "the server holds too many bytes of requests (receiveBytesMax)";
  result.message = std::move(message);
  return thread_.edge().dispatcher.refuse(result);
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

}  // namespace freshet::server
