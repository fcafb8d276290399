// SPDX-License-Identifier: Apache-2.0
#include "base/operation.h"

#include "base/error.h"

namespace freshet {

void Operation::check_now() {
  const auto code = static_cast<ErrorCode>(interrupted_.load());
  if (code != ErrorCode::OK) raise(code, "operation was interrupted");
  if (deadline_ && clock_.steady() >= *deadline_) {
    raise(ErrorCode::MaxTimeMSExpired, "operation exceeded time limit");
  }
}

void Operation::report(const Progress& progress) noexcept {
  progress_done_ = progress.done;
  progress_total_ = progress.total;
  progress_of_ = progress.what;
}

Operation::Progress Operation::progress() const noexcept {
  return {progress_of_.load(), progress_done_.load(), progress_total_.load()};
}

void Operation::use_memory(std::size_t bytes) {
  memory_ += bytes;
  if (memory_ > memory_bytes_max_) {
    raise(ErrorCode::ExceededMemoryLimit, "the command would use more than {} bytes of memory",
          memory_bytes_max_);
  }
}

}  // namespace freshet
