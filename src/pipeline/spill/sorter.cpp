// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spill/sorter.h"

#include <algorithm>
#include <utility>

#include "base/operation.h"

namespace freshet::pipeline {

bool Sorter::Before::operator()(const Row& a, const Row& b) const {
  const int order = a.key.compare(b.key);
  return order != 0 ? order < 0 : a.sequence < b.sequence;
}

Sorter::Sorter(std::string_view stage, const SpillPolicy& policy, std::size_t limit)
    : policy_(policy), limit_(limit), memory_(stage, policy) {}

void Sorter::add(std::string key, std::string_view payload) {
  Row row{std::move(key), added_++, {}};
  if (limit_ != kNoLimit && runs_ == nullptr) return add_limited(std::move(row), payload);
  row.payload = payload;
  const bool full = memory_.use(row.bytes());
  rows_.push_back(std::move(row));
  if (full) spill();
}

void Sorter::add_limited(Row row, std::string_view payload) {
  if (rows_.size() == limit_) {
    if (limit_ == 0 || !Before()(row, rows_.front())) return;
    std::pop_heap(rows_.begin(), rows_.end(), Before());
    memory_.release(rows_.back().bytes());
    rows_.pop_back();
  }
  row.payload = payload;
  const bool full = memory_.use(row.bytes());
  rows_.push_back(std::move(row));
  std::push_heap(rows_.begin(), rows_.end(), Before());
  if (full) spill();
}

void Sorter::spill() {
  if (runs_ == nullptr) runs_ = std::make_unique<SortedRuns>(*policy_.area);
  std::sort(rows_.begin(), rows_.end(), Before());
  for (const Row& row : rows_) {
    runs_->write(row.key, row.payload);
    memory_.release(row.bytes());
  }
  runs_->end_run();
  rows_.clear();
}

void Sorter::finish(Operation& op) {
  op.check();
  if (runs_ == nullptr) {
    std::sort(rows_.begin(), rows_.end(), Before());
  } else if (!rows_.empty()) {
    spill();
  }
}

void Sorter::release_current() {
  if (position_ == 0) return;
  Row& last = rows_[position_ - 1];
  memory_.release(last.bytes());
  last = Row{};
}

std::optional<SpilledRecord> Sorter::next(Operation& op) {
  op.check();
  if (given_ == limit_) return std::nullopt;
  ++given_;
  if (runs_ != nullptr) return runs_->next();
  release_current();
  if (position_ == rows_.size()) return std::nullopt;
  const Row& row = rows_[position_++];
  return SpilledRecord{row.key, row.payload};
}

}  // namespace freshet::pipeline
