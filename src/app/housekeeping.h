// SPDX-License-Identifier: Apache-2.0
// The one background thread: work that is due now and then (retention, expiry of cursors, sessions
// and documents, reclaiming of dropped collections).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace freshet {
class Logger;
}

namespace freshet::app {

/// Something to do every `interval` or a little later. An error it throws is logged, and it is
/// tried again at the next time.
struct Job {
  std::string name;
  Milliseconds interval;
  std::function<void()> run;
};

/// Jobs run one after the other, never two at once. start() and stop() belong to one thread.
class Housekeeping {
 public:
  /// The thread never wakes more often than this; shorter intervals count as this one.
  static constexpr Milliseconds kTick{1'000};

  /// Requires: `clock` and `logger` outlive this.
  Housekeeping(const Clock& clock, Logger& logger, std::vector<Job> jobs);
  ~Housekeeping() { stop(); }
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  void start();
  /// Waits for the job that runs, then ends the thread.
  void stop();

  /// Runs what is due and says when the next job will be. The thread's own step; for tests.
  SteadyTime run_due();

 private:
  struct Timed {
    Job job;
    SteadyTime due;
  };
  void run();

  const Clock& clock_;
  Logger& logger_;
  std::vector<Timed> jobs_;
  Mutex mutex_;
  CondVar stopping_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace freshet::app
