// SPDX-License-Identifier: Apache-2.0
#include "command/primaryship.h"

#include <algorithm>
#include <utility>

namespace freshet::command {

Primaryship::Primaryship(Identity& identity, const Clock& clock,
                         std::function<std::int64_t()> begin_term)
    : identity_(identity), clock_(clock), begin_term_(std::move(begin_term)) {}

void Primaryship::change(bool primary) {
  identity_.is_primary = primary;
  ++identity_.topology_counter;
}

void Primaryship::wake_all() {
  std::vector<std::weak_ptr<Waker>> waiting;
  {
    const MutexLock lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const std::weak_ptr<Waker>& waiter : waiting) {
    if (const WakerPtr waker = waiter.lock()) waker->wake();
  }
}

void Primaryship::step_down(Milliseconds period) {
  {
    const MutexLock lock(mutex_);
    due_ = clock_.steady() + period;
    if (identity_.is_primary) change(false);
  }
  wake_all();
}

void Primaryship::step_up() {
  {
    const MutexLock lock(mutex_);
    if (!due_) return;
    identity_.term = begin_term_();
    due_.reset();
    change(true);
  }
  wake_all();
}

void Primaryship::step_up_when_due() {
  {
    const MutexLock lock(mutex_);
    if (!due_ || clock_.steady() < *due_) return;
  }
  step_up();
}

std::optional<SteadyTime> Primaryship::step_up_due() const {
  const MutexLock lock(mutex_);
  return due_;
}

void Primaryship::wait(std::int64_t counter, const WakerPtr& waker) {
  {
    const MutexLock lock(mutex_);
    if (identity_.topology_counter == counter) {
      if (waiting_.size() >= prune_at_) {
        std::erase_if(waiting_, [](const std::weak_ptr<Waker>& w) { return w.expired(); });
        prune_at_ = std::max(prune_at_, waiting_.size() * 2);
      }
      waiting_.push_back(waker);
      return;
    }
  }
  waker->wake();
}

}  // namespace freshet::command
