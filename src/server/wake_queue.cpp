// SPDX-License-Identifier: Apache-2.0
#include "server/wake_queue.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "server/connection.h"

namespace freshet::server {

void WakeQueue::push(Signal signal) {
  MutexLock lock(mutex_);
  if (context_ == nullptr) return;
  signals_.push_back(std::move(signal));
  if (signals_.size() == 1) {
    boost::asio::post(*context_, [self = shared_from_this()] { self->drain(); });
  }
}

void WakeQueue::close() {
  MutexLock lock(mutex_);
  context_ = nullptr;
  signals_.clear();
}

void WakeQueue::drain() {
  std::vector<Signal> signals;
  {
    MutexLock lock(mutex_);
    signals.swap(signals_);
  }
  for (const Signal& signal : signals) {
    if (const auto connection = signal.connection.lock()) connection->on_signal(signal.waker);
  }
}

}  // namespace freshet::server
