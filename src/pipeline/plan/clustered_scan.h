// SPDX-License-Identifier: Apache-2.0
// All of a clustered collection, in its natural order: that of _id.
#pragma once

#include <memory>

#include "catalog/definitions.h"
#include "pipeline/plan/scans.h"

namespace freshet::pipeline {

/// Walks the index on _id; shown as the scan of the collection that it stands for.
class ClusteredScan final : public RecordSource {
 public:
  /// Requires: `collection` is clustered.
  ClusteredScan(storage::Store& store, const catalog::CollectionPtr& collection,
                storage::Direction direction);
  std::optional<Record> next(Operation& op) override { return scan_.next(op); }
  void save() override { scan_.save(); }
  void restore(const storage::Reader& reader) override { scan_.restore(reader); }
  void explain(bson::Builder& out) const override;
  ExamineCounts examined() const override { return {0, scan_.examined().documents}; }

 private:
  IndexScan scan_;
  storage::Direction direction_;
};

}  // namespace freshet::pipeline
