// SPDX-License-Identifier: Apache-2.0
// For work that runs on a worker and may wait there for a moment: for a key that somebody holds.
#pragma once

#include <chrono>

#include "base/mutex.h"
#include "base/wait.h"

namespace freshet::collection {

/// Thread-safe.
class BlockingWaker final : public Waker {
 public:
  void wake() noexcept override {
    const MutexLock lock(mutex_);
    woken_ = true;
    condition_.notify_all();
  }

  /// Returns when woken, or after `longest`.
  void wait(std::chrono::milliseconds longest) {
    const auto until = std::chrono::steady_clock::now() + longest;
    const MutexLock lock(mutex_);
    while (!woken_ && condition_.wait_until(mutex_, until)) {
    }
  }

 private:
  Mutex mutex_;
  CondVar condition_;
  bool woken_ GUARDED_BY(mutex_) = false;
};

}  // namespace freshet::collection
