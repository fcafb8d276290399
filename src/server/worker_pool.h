// SPDX-License-Identifier: Apache-2.0
// Threads for steps that are too long for a connection's own thread.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace freshet::server {

/// Something a worker does once for each time it is submitted.
class WorkItem {
 public:
  virtual ~WorkItem() = default;
  virtual void work() noexcept = 0;
};

/// Thread-safe. First come, first served.
class WorkerPool {
 public:
  WorkerPool(unsigned threads, std::size_t queue_max);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue is full or the pool stopped; `item` will not run then.
  [[nodiscard]] bool submit(std::shared_ptr<WorkItem> item);

  /// Forgets what waits, finishes what runs, ends the threads.
  void stop();

 private:
  void run();

  const std::size_t queue_max_;
  Mutex mutex_;
  CondVar wanted_;
  std::deque<std::shared_ptr<WorkItem>> queue_ GUARDED_BY(mutex_);  // shared with the connections
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace freshet::server
