// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/clustered_scan.h"

namespace freshet::pipeline {
namespace {

IndexScanPlan whole_index(const catalog::CollectionPtr& collection, const query::Matcher* filter,
                          storage::Direction direction) {
  IndexScanPlan out;
  out.index = collection->indexes.front();
  out.components = components_of(*out.index);
  out.ranges.resize(1);
  out.direction = direction;
  out.filter = filter;
  return out;
}

}  // namespace

ClusteredScan::ClusteredScan(storage::Store& store, const catalog::CollectionPtr& collection,
                             const query::Matcher* filter, storage::Direction direction)
    : scan_(store, collection, whole_index(collection, filter, direction)),
      filter_(filter),
      direction_(direction) {}

std::optional<Record> ClusteredScan::next(Operation& op) {
  const std::int64_t before = scan_.examined().documents;
  std::optional<Record> record = scan_.next(op);
  counts_.works += scan_.examined().documents - before;
  if (record) ++counts_.advanced;
  counts_.at_end = !record;
  return record;
}

void ClusteredScan::save() {
  ++counts_.saves;
  scan_.save();
}

void ClusteredScan::restore(const storage::Reader& reader) {
  ++counts_.restores;
  scan_.restore(reader);
}

void ClusteredScan::explain(StageText& out) const {
  out.stage("CLUSTERED_IXSCAN", filter_ == nullptr ? bson::View() : filter_->filter(), counts_);
  const bool forward = direction_ == storage::Direction::Forward;
  out.out().add("direction", forward ? "forward" : "backward");
}

}  // namespace freshet::pipeline
