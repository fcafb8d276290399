// SPDX-License-Identifier: Apache-2.0
// Lines on standard error that say how far a workload is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace freshet::workload {

/// For one thread. On a terminal one line is written over and over; else each workload gets one
/// line when it begins and one when it ends.
class Progress {
 public:
  explicit Progress(const Clock& clock);

  void begin(std::string_view workload);
  /// What goes on, as "inserting", and how far it is. Cheap: says so a few times a second.
  void update(std::string_view what, std::int64_t done, std::int64_t total);
  /// The end of the workload, with a few words.
  void end(const std::string& outcome);

 private:
  void show(const std::string& line);

  const Clock& clock_;
  const bool terminal_;
  std::string workload_;
  SteadyTime shown_;
  std::int64_t calls_ = 0;
};

}  // namespace freshet::workload
