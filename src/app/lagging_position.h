// SPDX-License-Identifier: Apache-2.0
// How far the log went some time ago: below that nobody reads any more.
#pragma once

#include <deque>

#include "base/clock.h"
#include "model/cluster_time.h"

namespace freshet::app {

/// Used by one thread.
class LaggingPosition {
 public:
  /// Answers for the moment `lag` before now.
  explicit LaggingPosition(Milliseconds lag) : lag_(lag) {}

  /// Notes that the log goes up to `position` now, and says how far it went `lag` ago; zero until
  /// it has been asked for that long.
  model::ClusterTime note(SteadyTime now, model::ClusterTime position) {
    samples_.push_back({now, position});
    while (!samples_.empty() && samples_.front().at + lag_ <= now) {
      answer_ = samples_.front().position;
      samples_.pop_front();
    }
    return answer_;
  }

 private:
  struct Sample {
    SteadyTime at;
    model::ClusterTime position;
  };
  const Milliseconds lag_;
  std::deque<Sample> samples_;  // as many as there are calls within the lag
  model::ClusterTime answer_;
};

}  // namespace freshet::app
