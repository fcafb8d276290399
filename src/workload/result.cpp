// SPDX-License-Identifier: Apache-2.0
#include "workload/result.h"

#include <algorithm>

namespace freshet::workload {

std::optional<Quantiles> quantiles_of(std::vector<double>& times_us) {
  if (times_us.empty()) return std::nullopt;
  std::sort(times_us.begin(), times_us.end());
  const auto at = [&](double share) {
    return times_us[static_cast<std::size_t>(share * static_cast<double>(times_us.size() - 1))];
  };
  return Quantiles{.p50 = at(0.5), .p99 = at(0.99), .max = times_us.back()};
}

}  // namespace freshet::workload
