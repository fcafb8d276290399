// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/estimate.h"

#include <algorithm>
#include <memory>

#include "collection/index_cursor.h"

namespace freshet::pipeline {
namespace {

constexpr std::int64_t kFirstTurn = 64;
/// More ranges than this are not asked for their sizes.
constexpr std::size_t kSizedRangesMax = 64;

class Counter {
 public:
  Counter(Candidate& candidate, const storage::Reader& reader)
      : candidate_(candidate), reader_(reader) {}

  /// Counts up to `limit` in all; true when the end was reached.
  bool count_up_to(std::int64_t limit) {
    while (candidate_.keys < limit) {
      if (!cursor_ && !open()) return candidate_.counted_all = true;
      if (cursor_->valid()) {
        ++candidate_.keys;
        cursor_->next();
      } else {
        cursor_.reset();
        ++range_;
      }
    }
    return false;
  }

 private:
  bool open() {
    if (range_ == candidate_.bounds.ranges.size()) return false;
    cursor_ = std::make_unique<collection::IndexCursor>(reader_, *candidate_.index,
                                                        candidate_.bounds.ranges[range_]);
    return true;
  }

  Candidate& candidate_;
  const storage::Reader& reader_;
  std::size_t range_ = 0;
  std::unique_ptr<collection::IndexCursor> cursor_;
};

/// Of an index too large to be counted: its part of the whole, by bytes.
std::int64_t sized(const Candidate& candidate, storage::Store& store, std::int64_t documents) {
  const storage::Space space = candidate.index->space();
  const std::vector<storage::KeyRange>& ranges = candidate.bounds.ranges;
  const std::uint64_t all = store.approximate_bytes(space, {});
  if (all == 0 || ranges.size() > kSizedRangesMax) return candidate.keys;
  std::uint64_t part = 0;
  for (const storage::KeyRange& range : ranges)
    part += store.approximate_bytes(space, range);
  const double share = std::min(1.0, static_cast<double>(part) / static_cast<double>(all));
  return std::max(candidate.keys,
                  static_cast<std::int64_t>(share * static_cast<double>(documents)));
}

}  // namespace

void count_keys(std::vector<Candidate>& candidates, const storage::Reader& reader,
                storage::Store& store, std::int64_t documents) {
  std::vector<Counter> counters;
  counters.reserve(candidates.size());
  for (Candidate& candidate : candidates)
    counters.emplace_back(candidate, reader);
  for (std::int64_t limit = kFirstTurn; limit <= kCountedMax; limit *= 2) {
    bool ended = false;
    for (Counter& counter : counters)
      ended = counter.count_up_to(limit) || ended;
    if (ended) return;
  }
  for (Candidate& candidate : candidates)
    candidate.keys = sized(candidate, store, documents);
}

}  // namespace freshet::pipeline
