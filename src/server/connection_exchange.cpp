// SPDX-License-Identifier: Apache-2.0
// How a connection runs an exchange: steps, worker, park and resume.
#include <utility>

#include <boost/asio/post.hpp>

#include "server/connection.h"
#include "server/io_thread.h"

namespace freshet::server {
namespace {

constexpr std::uint32_t kStreamedRepliesPerTurnMax = 16;

}  // namespace

/// Steps until the exchange ends or has to wait for something.
void Connection::run_exchange() {
  phase_ = Phase::Idle;
  while (after_step(exchange_->step())) {
  }
}

/// True when the exchange is to be stepped again at once.
bool Connection::after_step(command::Step step) {
  switch (step) {
    case command::Step::Reply:
      replies_.push(exchange_->take_reply());
      return after_reply();
    case command::Step::NoReply:
      finish_exchange();
      return false;
    case command::Step::Close:
      replies_.push(exchange_->take_reply());
      close_when_sent_ = true;
      finish_exchange();
      return false;
    case command::Step::NeedWorker:
      flush();
      if (!closed_) submit_to_worker();
      return false;
    case command::Step::Yield:
      flush();
      if (!closed_) yield();
      return false;
    case command::Step::Parked:
      flush();
      if (!closed_) park();
      return false;
  }
  return false;
}

/// A reply that announces another one: that is made only when this one has gone out.
bool Connection::after_reply() {
  if (!exchange_->more_to_come() || close_when_sent_ || peer_gone_) {
    finish_exchange();
    return false;
  }
  flush();
  if (closed_) return false;
  phase_ = Phase::Streaming;
  if (!replies_.empty()) return false;  // on_writable() goes on
  if (++messages_in_turn_ % kStreamedRepliesPerTurnMax == 0) {
    next_turn();
    return false;
  }
  phase_ = Phase::Idle;
  return true;
}

void Connection::finish_exchange() {
  exchange_.reset();
  phase_ = Phase::Idle;
  if (message_bytes_ == 0) return;
  message_bytes_ = 0;
  account_received();
}

/// Lets the thread's other connections go first.
void Connection::next_turn() {
  if (turn_pending_) return;
  turn_pending_ = true;
  boost::asio::post(thread_.context(), [self = shared_from_this()] {
    self->turn_pending_ = false;
    self->messages_in_turn_ = 0;
    if (self->closed_) return;
    self->guarded([&] {
      if (self->phase_ == Phase::Streaming && self->replies_.empty()) self->run_exchange();
      self->settle();
    });
  });
}

/// The messages that are there by now are taken first: what they began is finished together.
void Connection::yield() {
  phase_ = Phase::Yielding;
  boost::asio::post(thread_.context(), [self = shared_from_this()] {
    if (self->phase_ != Phase::Yielding) return;
    self->guarded([&] {
      self->run_exchange();
      self->settle();
    });
  });
}

void Connection::submit_to_worker() {
  phase_ = Phase::OnWorker;
  auto& working = thread_.edge().commands_on_workers;
  working.fetch_add(1, std::memory_order_relaxed);
  const Urgency urgency = exchange_->is_prompt() ? Urgency::Prompt : Urgency::Usual;
  if (thread_.edge().workers.submit(shared_from_this(), urgency)) return;
  working.fetch_sub(1, std::memory_order_relaxed);
  phase_ = Phase::Idle;
  refuse(ErrorCode::ExceededMemoryLimit, "too many commands wait for a worker (workerQueueMax)");
}

/// Ends an exchange that wanted to wait, with an error reply where it makes one.
void Connection::refuse(ErrorCode code, std::string_view why) {
  exchange_->interrupt(code);
  const command::Step step = exchange_->step();
  if (step == command::Step::Reply || step == command::Step::Close) {
    replies_.push(exchange_->take_reply());
    close_when_sent_ = close_when_sent_ || step == command::Step::Close;
  } else if (step != command::Step::NoReply) {
    log_closing(why, "its command would not end");
    close_when_sent_ = true;
  }
  finish_exchange();
}

// The worker stays only where nobody waits for it.
void Connection::work() noexcept {
  worker_step_ = exchange_->step();
  const std::function<void()> afterwards = exchange_->take_afterwards();
  const WorkerPool& workers = thread_.edge().workers;
  // From here on the exchange is the connection's again.
  thread_.wake_queue()->push({weak_from_this(), nullptr});
  if (afterwards && !workers.has_waiting()) afterwards();
}

void Connection::park() {
  if (close_when_sent_) {
    return refuse(ErrorCode::InterruptedAtShutdown, "the server is going down");
  }
  auto& parked = thread_.edge().commands_parked;
  if (parked.fetch_add(1) >= thread_.edge().limits.parked_commands_max) {
    parked.fetch_sub(1);
    return refuse(ErrorCode::ExceededMemoryLimit, "too many commands wait (parkedCommandsMax)");
  }
  phase_ = Phase::Parked;
  Park wait = exchange_->park();
  const std::uint32_t number = ++waits_;
  waker_ = std::make_shared<ConnectionWaker>(thread_.wake_queue(), weak_from_this());
  if (wait.deadline) {
    deadline_.expires_at(*wait.deadline);
    deadline_.async_wait(
        [self = shared_from_this(), number](const boost::system::error_code& failed) {
          if (failed || self->phase_ != Phase::Parked || self->waits_ != number) return;
          self->guarded([&] { self->resume(); });
        });
  }
  if (wait.subscribe) wait.subscribe(waker_);
}

void Connection::resume() {
  thread_.edge().commands_parked.fetch_sub(1);
  waker_.reset();
  deadline_.cancel();
  messages_in_turn_ = 0;
  run_exchange();
  settle();
}

void Connection::on_signal(const Waker* waker) {
  guarded([&] {
    if (waker != nullptr) {
      if (phase_ == Phase::Parked && waker == waker_.get()) resume();
      return;
    }
    if (phase_ != Phase::OnWorker) return;
    thread_.edge().commands_on_workers.fetch_sub(1);
    phase_ = Phase::Idle;
    messages_in_turn_ = 0;
    if (closed_) return close();
    if (after_step(worker_step_)) run_exchange();
    settle();
  });
}

void Connection::shut_down() {
  guarded([&] {
    close_when_sent_ = true;
    if (phase_ == Phase::Parked) {
      exchange_->interrupt(ErrorCode::InterruptedAtShutdown);
      return resume();
    }
    if (phase_ == Phase::OnWorker) return exchange_->interrupt(ErrorCode::InterruptedAtShutdown);
    if (phase_ == Phase::Streaming) finish_exchange();
    settle();
  });
}

void Connection::abandon() {
  if (phase_ == Phase::OnWorker) {
    thread_.edge().commands_on_workers.fetch_sub(1);
    phase_ = Phase::Idle;
  }
  close();
}

}  // namespace freshet::server
