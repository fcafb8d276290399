// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/near_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/operation.h"
#include "collection/index_cursor.h"
#include "pipeline/plan/index_text.h"

namespace freshet::pipeline {
namespace {

constexpr double kGrowth = 4;
/// What rounding may take from a distance.
constexpr double kSlack = 1e-9;

}  // namespace

NearSource::NearSource(storage::Store& store, catalog::CollectionPtr collection, NearPlan plan)
    : store_(store), collection_(std::move(collection)), plan_(std::move(plan)) {}

void NearSource::restore(const storage::Reader& reader) {
  reader_ = &reader;
  ++counts_.restores;
}

std::optional<Record> NearSource::next(Operation& op) {
  ++counts_.works;
  for (;;) {
    op.check();
    if (ready_.empty()) {
      if (!widen(op)) break;
      continue;
    }
    const Found found = ready_.front();
    ready_.pop_front();
    // It may have moved since it was met.
    if (!fetch(found.id)) continue;
    ++counts_.advanced;
    return Record{found.id, bson::View(document_)};
  }
  counts_.at_end = true;
  return std::nullopt;
}

// Looks at a wider circle; false when all there is has been looked at.
bool NearSource::widen(Operation& op) {
  if (complete_) return false;
  const query::NearQuery& near = plan_.near->query();
  const double radius_max = std::min(near.distance_max / near.unit + kSlack, plan_.rings->last());
  const double least = std::max(plan_.rings->first(), near.distance_min / near.unit * 2);
  // Behind a component that may be anything, cells do not narrow the entries.
  const bool narrows =
      std::all_of(plan_.bounds.sets.begin(),
                  plan_.bounds.sets.begin() + static_cast<std::ptrdiff_t>(plan_.place), all_points);
  radius_ = narrows ? std::min(radius_ == 0 ? least : radius_ * kGrowth, radius_max) : radius_max;
  complete_ = radius_ >= radius_max;
  std::vector<IntervalSet> sets = plan_.bounds.sets;
  sets[plan_.place] = plan_.rings->cells_within(radius_);
  const std::size_t used = narrows ? plan_.place + 1 : plan_.bounds.used;
  for (const storage::KeyRange& range : ranges_of(plan_.components, sets, used))
    walk(range, op);
  settle(complete_ ? std::numeric_limits<double>::infinity() : radius_ * near.unit);
  return true;
}

void NearSource::walk(const storage::KeyRange& range, Operation& op) {
  collection::IndexCursor cursor(*reader_, *plan_.index, range);
  for (; cursor.valid(); cursor.next()) {
    op.check();
    ++keys_;
    const std::size_t before = seen_.bytes();
    if (!seen_.insert(cursor.record())) continue;
    op.use_memory(seen_.bytes() - before);
    look_at(cursor.record(), op);
  }
}

void NearSource::look_at(RecordId id, Operation& op) {
  const auto distance = fetch(id);
  if (!distance) return;
  op.use_memory(sizeof(Found));
  beyond_.push_back({*distance, id});
}

/// What is at most so far away has its turn now.
void NearSource::settle(double distance) {
  const auto far = std::partition(beyond_.begin(), beyond_.end(), [distance](const Found& each) {
    return each.distance <= distance;
  });
  std::sort(beyond_.begin(), far);
  ready_.insert(ready_.end(), beyond_.begin(), far);
  beyond_.erase(beyond_.begin(), far);
}

/// Reads the record into document_; how far away it is, or nothing when it does not match.
std::optional<double> NearSource::fetch(RecordId id) {
  auto document = collection::get_document(*reader_, store_, *collection_, id);
  if (!document) return std::nullopt;
  ++documents_;
  document_ = std::move(*document);
  const bson::View view(document_);
  if (!plan_.filter->matches(view)) return std::nullopt;
  const auto found = plan_.near->nearest(view);
  if (!found) return std::nullopt;
  return found->distance;
}

void NearSource::explain(StageText& out) const {
  out.stage(plan_.rings->stage(), plan_.filter->filter(), counts_);
  add_index(out.out(), *plan_.index, plan_.components);
  if (out.with_counts()) out.out().add("keysExamined", keys_).add("docsExamined", documents_);
}

}  // namespace freshet::pipeline
