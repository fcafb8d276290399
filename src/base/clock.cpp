// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

namespace freshet {

std::int64_t SystemClock::wall_ms() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Milliseconds>(now).count();
}

SteadyTime SystemClock::steady() const {
  return std::chrono::steady_clock::now();
}

}  // namespace freshet
