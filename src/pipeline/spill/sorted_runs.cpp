// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spill/sorted_runs.h"

#include <utility>

namespace freshet::pipeline {

SortedRuns::SortedRuns(SpillArea& area) : file_(area.create()), writer_(*file_) {}

bool SortedRuns::After::operator()(const Head& a, const Head& b) const {
  const int order = a.record.key.compare(b.record.key);
  return order != 0 ? order > 0 : a.run > b.run;
}

void SortedRuns::end_run() {
  writer_.flush();
  runs_.push_back({runs_.empty() ? 0 : runs_.back().end, file_->size()});
}

void SortedRuns::take(std::size_t run) {
  if (const auto record = readers_[run].next()) heads_.push({run, *record});
}

void SortedRuns::start_merge() {
  readers_.reserve(runs_.size());
  for (const Run& run : runs_) {
    readers_.emplace_back(*file_, run.begin, run.end);
    take(readers_.size() - 1);
  }
}

std::optional<SpilledRecord> SortedRuns::next() {
  if (readers_.empty()) start_merge();
  if (given_) take(*std::exchange(given_, std::nullopt));
  if (heads_.empty()) return std::nullopt;
  const Head head = heads_.top();
  heads_.pop();
  given_ = head.run;
  return head.record;
}

}  // namespace freshet::pipeline
