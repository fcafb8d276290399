// SPDX-License-Identifier: Apache-2.0
#include "base/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace freshet {

void invariant_failed(const char* why, const char* file, int line) noexcept {
  std::fprintf(stderr, "freshet: invariant failed: %s (%s:%d)\n", why, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace freshet
