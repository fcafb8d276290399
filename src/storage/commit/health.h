// SPDX-License-Identifier: Apache-2.0
// Whether commits are still taken. A failed write or sync of the engine is never retried: it ends
// that for good.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/log.h"
#include "base/mutex.h"

namespace freshet::commit {

/// Thread-safe. Goes from accepting to not accepting once.
class Health {
 public:
  explicit Health(Logger& logger) : logger_(logger) {}

  bool accepting() const { return accepting_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// For shutdown: nothing is wrong.
  void refuse() { accepting_.store(false, std::memory_order_release); }

  /// The engine failed. Calls on_fatal the first time.
  void fail(const std::string& why) {
    refuse();
    if (failed_.exchange(true)) return;
    logger_.error("STORAGE", "the storage engine failed; no further write is acknowledged",
                  {{"why", why}});
    std::function<void(const std::string&)> on_fatal;
    {
      MutexLock lock(mutex_);
      on_fatal = on_fatal_;
    }
    if (on_fatal) on_fatal(why);
  }

  void set_on_fatal(std::function<void(const std::string&)> on_fatal) {
    MutexLock lock(mutex_);
    on_fatal_ = std::move(on_fatal);
  }

 private:
  Logger& logger_;
  std::atomic<bool> accepting_{true};
  std::atomic<bool> failed_{false};
  Mutex mutex_;
  std::function<void(const std::string&)> on_fatal_ GUARDED_BY(mutex_);
};

}  // namespace freshet::commit
