// SPDX-License-Identifier: Apache-2.0
// What the workloads of one run share.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "bson/object_id.h"
#include "workload/address.h"
#include "workload/options.h"
#include "workload/progress.h"

namespace freshet::workload {

/// Everything referred to outlives it.
struct Run {
  const Options& options;
  const ServerAddress& address;
  const Clock& clock;
  Random& random;
  Progress& progress;
  bson::ObjectIdSource object_ids{clock, random};
  std::int64_t count = 0;  ///< of the workload at hand
  SteadyTime deadline;     ///< of the workload at hand

  /// Seconds of the steady clock.
  double now_s() const {
    return std::chrono::duration<double>(clock.steady().time_since_epoch()).count();
  }
};

/// Processor time the process has used so far; nothing when there is no such process, or 0 is
/// given.
std::optional<double> processor_seconds(std::int64_t pid);
/// Its resident memory in kilobytes, likewise.
std::optional<double> resident_kb(std::int64_t pid);

/// Measures what passes between its construction and each call.
class Meter {
 public:
  explicit Meter(const Run& run)
      : run_(run), cpu_(processor_seconds(run.options.server_pid)), started_s_(run.now_s()) {}
  double seconds() const { return run_.now_s() - started_s_; }
  std::optional<double> server_cpu_s() const {
    const std::optional<double> now = processor_seconds(run_.options.server_pid);
    if (!now || !cpu_) return std::nullopt;
    return *now - *cpu_;
  }

 private:
  const Run& run_;
  const std::optional<double> cpu_;
  const double started_s_;
};

}  // namespace freshet::workload
