// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spill/stage_memory.h"

#include "base/error.h"

namespace freshet::pipeline {

bool StageMemory::use(std::size_t bytes) {
  used_ += bytes;
  if (used_ <= bytes_max_) return false;
  if (!may_spill_) raise_exceeded();
  return true;
}

void StageMemory::raise_exceeded() const {
  raise(ErrorCode::QueryExceededMemoryLimitNoDiskUseAllowed,
        "Exceeded memory limit for {} of {} bytes, and it may not use the disk; pass "
        "allowDiskUse:true to opt in, where the server has a disk",
        stage_, bytes_max_);
}

}  // namespace freshet::pipeline
