// SPDX-License-Identifier: Apache-2.0
// One client's connection: bytes in, exchanges run in order, replies out.
//
// It is a small state machine driven by readiness, not a coroutine: nothing is allocated or held
// for a connection that waits except the wait itself, and it never owns a receive buffer unless a
// message has come in part.
//
//   Idle ──message──► exchange runs ──Reply/NoReply──► Idle
//                        ├─Parked──────► Parked ──wake, deadline──► runs again
//                        ├─NeedWorker──► OnWorker ──worker done───► its outcome
//                        └─Reply, more to come──► Streaming ──reply is sent──► runs again
//
// While an exchange is on its way, or replies are not sent yet, later messages wait in the socket:
// at most kPipelinedBytesMax of them are read, only to notice when the client hangs up.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "command/exchange.h"
#include "server/reply_queue.h"
#include "server/wake_queue.h"
#include "server/worker_pool.h"
#include "wire/message.h"

namespace freshet::server {

class IoThread;

/// Belongs to its I/O thread, except work(), which a worker calls while the phase is OnWorker.
class Connection final : public WorkItem, public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoThread& thread, boost::asio::ip::tcp::socket socket, std::int64_t id);

  void start();
  /// A wait of this connection ended (`waker` says which), or a worker is done (null).
  void on_signal(const Waker* waker);
  /// Ends the running exchange with InterruptedAtShutdown, sends what there is to send, closes.
  void shut_down();
  /// Closes at once, whatever goes on. Requires: no worker works for it.
  void abandon();
  void work() noexcept override;

 private:
  enum class Phase : std::uint8_t { Idle, Streaming, Parked, Yielding, OnWorker };

  // Input: connection.cpp
  void arm_read();
  void on_readable();
  void receive_while_busy();
  bool keep(std::string_view bytes);
  void drop_input(std::size_t count);
  std::int64_t account_received();
  std::size_t process(std::string_view data);
  std::string_view next_message(std::string_view data);
  void take_message(std::string_view frame);
  void accept(wire::Message message);
  std::string refusal(wire::Message message);
  void settle();
  void on_hang_up();
  bool busy() const { return phase_ != Phase::Idle || !replies_.empty() || turn_pending_; }

  // Output and life: connection.cpp
  void flush();
  void on_writable();
  std::int64_t account_unsent();
  void close();
  void log_closing(std::string_view why, std::string_view detail);
  /// Runs it; when it throws (out of memory) this connection closes and the others go on.
  template <typename Function>
  void guarded(Function function) noexcept;

  // The exchange: connection_exchange.cpp
  void run_exchange();
  bool after_step(command::Step step);
  bool after_reply();
  void finish_exchange();
  void yield();
  void submit_to_worker();
  void refuse(ErrorCode code, std::string_view why);
  void park();
  void resume();
  void next_turn();

  IoThread& thread_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  const boost::asio::ip::tcp::endpoint peer_;
  const std::int64_t id_;
  std::shared_ptr<command::ClientState> client_;  // shared with its exchanges
  std::unique_ptr<command::Exchange> exchange_;
  std::shared_ptr<ConnectionWaker> waker_;  // of the wait that goes on; shared with who wakes
  ReplyQueue replies_;
  std::string input_;              // received and not processed yet
  std::size_t message_bytes_ = 0;  // of the running exchange's request, when it is large
  std::size_t received_accounted_ = 0;
  std::size_t unsent_accounted_ = 0;
  std::uint32_t waits_ = 0;
  std::uint32_t messages_in_turn_ = 0;
  Phase phase_ = Phase::Idle;
  command::Step worker_step_ = command::Step::NoReply;  // written by the worker
  bool read_armed_ = false;
  bool write_armed_ = false;
  bool turn_pending_ = false;   // settle() is posted: others have their turn first
  bool reply_expected_ = true;  // by the client, of the exchange that runs
  bool peer_gone_ = false;      // it has sent all it will
  bool close_when_sent_ = false;
  bool closed_ = false;
};

template <typename Function>
void Connection::guarded(Function function) noexcept {
  try {
    function();
  } catch (const std::exception& failed) {
    log_closing("its handler failed", failed.what());
    close();
  }
}

}  // namespace freshet::server
