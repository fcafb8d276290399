// SPDX-License-Identifier: Apache-2.0
// How other threads reach connections of one I/O thread: signals are gathered and the thread is
// posted to once for all that came since it last looked.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/mutex.h"
#include "base/wait.h"

namespace freshet::server {

class Connection;

/// "Look at that connection." `waker` says which wait ended, or is null when a worker is done.
struct Signal {
  std::weak_ptr<Connection> connection;  // weak: the client may have gone meanwhile
  const Waker* waker = nullptr;          ///< an identity, never dereferenced
};

/// Thread-safe. Wakers hold it for as long as anyone holds them, so it outlives the I/O thread; it
/// is closed before that thread's context goes.
class WakeQueue : public std::enable_shared_from_this<WakeQueue> {
 public:
  /// Requires: close() is called before `context` ends.
  explicit WakeQueue(boost::asio::io_context& context) : context_(&context) {}

  void push(Signal signal);
  /// Later signals are dropped.
  void close();

 private:
  void drain();

  Mutex mutex_;
  boost::asio::io_context* context_ GUARDED_BY(mutex_);
  std::vector<Signal> signals_ GUARDED_BY(mutex_);
};

/// The waker of one wait of one connection.
class ConnectionWaker final : public Waker, public std::enable_shared_from_this<ConnectionWaker> {
 public:
  ConnectionWaker(std::shared_ptr<WakeQueue> queue, std::weak_ptr<Connection> connection)
      : queue_(std::move(queue)), connection_(std::move(connection)) {}
  void wake() noexcept override {
    if (!woken_.exchange(true)) queue_->push({connection_, this});
  }

 private:
  const std::shared_ptr<WakeQueue> queue_;  // shared: the waker may outlive the server
  const std::weak_ptr<Connection> connection_;
  std::atomic<bool> woken_{false};
};

}  // namespace freshet::server
