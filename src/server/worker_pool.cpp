// SPDX-License-Identifier: Apache-2.0
#include "server/worker_pool.h"

#include <pthread.h>

#include <utility>

namespace freshet::server {

WorkerPool::WorkerPool(unsigned threads, std::size_t queue_max) : queue_max_(queue_max) {
  constexpr bool kPromptOnly = true;
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(!kPromptOnly); });
  threads_.emplace_back([this] { run(kPromptOnly); });
}

bool WorkerPool::submit(std::shared_ptr<WorkItem> item, Urgency urgency) {
  {
    MutexLock lock(mutex_);
    Queue& queue = urgency == Urgency::Prompt ? prompt_ : usual_;
    if (stopped_ || queue.size() >= queue_max_) return false;
    queue.push_back(std::move(item));
  }
  if (urgency == Urgency::Prompt) prompt_wanted_.notify_one();
  wanted_.notify_one();
  return true;
}

bool WorkerPool::has_waiting() const {
  MutexLock lock(mutex_);
  return !usual_.empty() || !prompt_.empty();
}

void WorkerPool::stop() {
  Queue usual;
  Queue prompt;  // what they hold is let go without the lock
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    usual.swap(usual_);
    prompt.swap(prompt_);
  }
  wanted_.notify_all();
  prompt_wanted_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

// Null when the pool stopped.
std::shared_ptr<WorkItem> WorkerPool::next(bool prompt_only) {
  MutexLock lock(mutex_);
  for (;;) {
    if (stopped_) return nullptr;
    Queue* queue = !prompt_.empty()                  ? &prompt_
                   : !prompt_only && !usual_.empty() ? &usual_
                                                     : nullptr;
    if (queue != nullptr) {
      std::shared_ptr<WorkItem> item = std::move(queue->front());
      queue->pop_front();
      return item;
    }
    (prompt_only ? prompt_wanted_ : wanted_).wait(mutex_);
  }
}

void WorkerPool::run(bool prompt_only) {
  ::pthread_setname_np(::pthread_self(), "worker");
  while (const std::shared_ptr<WorkItem> item = next(prompt_only))
    item->work();
}

}  // namespace freshet::server
