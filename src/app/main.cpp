// SPDX-License-Identifier: Apache-2.0
// The one binary `freshet`.
#include <cstdio>

#include "base/version.h"

int main() {
  std::printf("freshet %.*s\n", static_cast<int>(freshet::base::kVersion.size()),
              freshet::base::kVersion.data());
}
