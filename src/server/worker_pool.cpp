// SPDX-License-Identifier: Apache-2.0
#include "server/worker_pool.h"

#include <pthread.h>

#include <utility>

namespace freshet::server {

WorkerPool::WorkerPool(unsigned threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(); });
}

bool WorkerPool::submit(std::shared_ptr<WorkItem> item) {
  {
    MutexLock lock(mutex_);
    if (stopped_ || queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(item));
  }
  wanted_.notify_one();
  return true;
}

void WorkerPool::stop() {
  std::deque<std::shared_ptr<WorkItem>> forgotten;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    forgotten.swap(queue_);
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::run() {
  ::pthread_setname_np(::pthread_self(), "worker");
  while (true) {
    std::shared_ptr<WorkItem> item;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopped_)
        wanted_.wait(mutex_);
      if (stopped_) return;
      item = std::move(queue_.front());
      queue_.pop_front();
    }
    item->work();
  }
}

}  // namespace freshet::server
