// SPDX-License-Identifier: Apache-2.0
// How much a plan looked at.
#pragma once

#include <cstdint>

namespace freshet::pipeline {

/// The index keys and documents that were looked at so far; executionStats and the profiler show
/// them.
struct ExamineCounts {
  std::int64_t keys = 0;
  std::int64_t documents = 0;
};

}  // namespace freshet::pipeline
