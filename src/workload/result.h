// SPDX-License-Identifier: Apache-2.0
// What one workload gave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::workload {

/// Quantiles of times, in microseconds.
struct Quantiles {
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};

/// Nothing without times. Reorders them.
std::optional<Quantiles> quantiles_of(std::vector<double>& times_us);

/// A further number, called by what it is and its unit: "events_per_reply".
struct Figure {
  std::string_view name;
  double value = 0;
};

struct Result {
  std::string_view workload;
  std::string_view unit;  ///< what was counted: "inserts"
  std::int64_t count = 0;
  double seconds = 0;
  std::optional<Quantiles> times;      ///< of one of them, or what the workload's row says
  std::optional<double> server_cpu_s;  ///< of all of them, when the server's process is known
  bool complete = true;                ///< false: the time was up first
  std::vector<Figure> further;

  double rate() const { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }
};

}  // namespace freshet::workload
