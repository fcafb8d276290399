// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/company.h"

namespace freshet::commit {
namespace {

constexpr int kUsualWeight = 8;  // of what was seen before, against the newest

/// Most of those who were expected.
bool most(std::size_t waiting, std::size_t expected) {
  return 3 * waiting >= 2 * expected;
}

}  // namespace

void Company::note_end(std::size_t waiting, SteadyTime now, SteadyTime::duration took) {
  usual_ = usual_ == SteadyTime::duration{} ? took : usual_ + (took - usual_) / kUsualWeight;
  expected_ = waiting;
  until_ = SteadyTime::min();
  if (waiting < 2) return;
  if (skips_ > 0) {
    --skips_;
    return;
  }
  until_ = now + std::min<SteadyTime::duration>(usual_, kWaitMax);
}

void Company::note_begin(std::size_t waiting) {
  if (until_ == SteadyTime::min()) return;
  if (most(waiting, expected_)) {
    skips_on_miss_ = 1;
  } else {
    skips_ = skips_on_miss_;
    skips_on_miss_ = std::min(2 * skips_on_miss_, kSkipsMax);
  }
}

}  // namespace freshet::commit
