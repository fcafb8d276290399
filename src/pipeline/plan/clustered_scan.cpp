// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/clustered_scan.h"

#include "bson/builder.h"

namespace freshet::pipeline {
namespace {

IndexScan whole_index(storage::Store& store, const catalog::CollectionPtr& collection,
                      storage::Direction direction) {
  return {store,
          collection,
          collection->indexes.front(),
          std::vector<storage::KeyRange>(1),
          direction,
          bson::Builder().take()};
}

}  // namespace

ClusteredScan::ClusteredScan(storage::Store& store, const catalog::CollectionPtr& collection,
                             storage::Direction direction)
    : scan_(whole_index(store, collection, direction)), direction_(direction) {}

void ClusteredScan::explain(bson::Builder& out) const {
  const bool forward = direction_ == storage::Direction::Forward;
  out.add("stage", "CLUSTERED_IXSCAN").add("direction", forward ? "forward" : "backward");
}

}  // namespace freshet::pipeline
