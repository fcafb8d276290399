// SPDX-License-Identifier: Apache-2.0
// All of a clustered collection, in its natural order: that of _id.
#pragma once

#include <optional>

#include "catalog/definitions.h"
#include "pipeline/plan/index_scan.h"

namespace freshet::pipeline {

/// Walks the index on _id; shown as the scan of the collection that it stands for.
class ClusteredScan final : public RecordSource {
 public:
  /// Requires: `collection` is clustered; `store` and `filter`, which may be null, outlive the scan.
  ClusteredScan(storage::Store& store, const catalog::CollectionPtr& collection,
                const query::Matcher* filter, storage::Direction direction);
  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(StageText& out) const override;
  ExamineCounts examined() const override { return {0, scan_.examined().documents}; }

 private:
  IndexScan scan_;
  const query::Matcher* filter_;
  storage::Direction direction_;
  StageCounts counts_;
};

}  // namespace freshet::pipeline
