// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/memory.h"

#include "base/error.h"
#include "pipeline/pipeline.h"

namespace freshet::pipeline {

void StageMemory::use(std::size_t bytes) {
  used_ += bytes;
  if (used_ > kStageMemoryBytesMax) {
    raise(ErrorCode::QueryExceededMemoryLimitNoDiskUseAllowed,
          "Exceeded memory limit for {} of {} bytes, and stages cannot spill to disk", stage_,
          kStageMemoryBytesMax);
  }
}

}  // namespace freshet::pipeline
