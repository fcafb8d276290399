// SPDX-License-Identifier: Apache-2.0
// Threads for steps that are too long for a connection's own thread.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// How soon it must be its turn.
enum class Urgency : std::uint8_t {
  Usual,
  Prompt,  ///< before all usual items, and also when they keep every thread busy: one is kept free
};

/// Thread-safe. First come, first served among equals.
class WorkerPool {
 public:
  /// One more thread than `threads` runs: see Urgency::Prompt. `queue_max` is for each queue.
  WorkerPool(unsigned threads, std::size_t queue_max);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue is full or the pool stopped; `item` will not run then.
  [[nodiscard]] bool submit(std::shared_ptr<WorkItem> item, Urgency urgency = Urgency::Usual);

  /// True when an item waits for a thread.
  bool has_waiting() const;

  /// Forgets what waits, finishes what runs, ends the threads.
  void stop();

 private:
  using Queue = std::deque<std::shared_ptr<WorkItem>>;  // shared with the connections

  void run(bool prompt_only);
  std::shared_ptr<WorkItem> next(bool prompt_only);

  const std::size_t queue_max_;
  mutable Mutex mutex_;
  CondVar wanted_;
  CondVar prompt_wanted_;  // the thread that is kept free
  Queue usual_ GUARDED_BY(mutex_);
  Queue prompt_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace freshet::server
