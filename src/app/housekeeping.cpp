// SPDX-License-Identifier: Apache-2.0
#include "app/housekeeping.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"

namespace freshet::app {

Housekeeping::Housekeeping(const Clock& clock, Logger& logger, std::vector<Job> jobs)
    : clock_(clock), logger_(logger) {
  for (Job& job : jobs) {
    job.interval = std::max(job.interval, kTick);
    const SteadyTime due = clock_.steady() + job.interval;
    jobs_.push_back({std::move(job), due});
  }
}

void Housekeeping::start() {
  thread_ = std::thread([this] { run(); });
}

void Housekeeping::stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable()) thread_.join();
}

SteadyTime Housekeeping::run_due() {
  SteadyTime next = SteadyTime::max();
  for (Timed& timed : jobs_) {
    if (timed.due <= clock_.steady()) {
      try {
        timed.job.run();
      } catch (const std::exception& failed) {
        logger_.warning("CONTROL", "background job failed",
                        {{"job", timed.job.name}, {"error", failed.what()}});
      }
      timed.due = clock_.steady() + timed.job.interval;
    }
    next = std::min(next, timed.due);
  }
  return next;
}

void Housekeeping::run() {
  ::pthread_setname_np(::pthread_self(), "housekeeping");
  SteadyTime next = clock_.steady() + kTick;
  while (true) {
    {
      MutexLock lock(mutex_);
      while (!stopped_ && clock_.steady() < next)
        stopping_.wait_until(mutex_, next);
      if (stopped_) return;
    }
    next = std::max(run_due(), clock_.steady() + kTick);
  }
}

}  // namespace freshet::app
