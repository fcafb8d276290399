// SPDX-License-Identifier: Apache-2.0
// The different values of an index's first component, from one entry each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/definitions.h"
#include "collection/index_cursor.h"
#include "pipeline/plan/index_bounds.h"
#include "pipeline/plan/key_document.h"
#include "pipeline/plan/planner.h"
#include "pipeline/plan/record_source.h"
#include "storage/store.h"

namespace freshet::pipeline {

class DistinctScan final : public RecordSource {
 public:
  /// Requires: KeyDocument::possible() for the first component; every entry in the ranges is of a
  /// wanted document.
  DistinctScan(storage::Store& store, catalog::CollectionPtr collection, catalog::IndexPtr index,
               std::vector<Component> components, IndexBounds bounds);
  ~DistinctScan() override;

  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(StageText& out) const override;
  ExamineCounts examined() const override { return {counts_.works, documents_}; }
  void add_indexes(std::vector<catalog::IndexPtr>& out) const override { out.push_back(index_); }

 private:
  bool open();
  std::optional<Record> give();

  storage::Store& store_;
  catalog::CollectionPtr collection_;
  catalog::IndexPtr index_;
  const std::vector<Component> components_;
  const IndexBounds bounds_;
  KeyDocument key_document_;
  const storage::Reader* reader_ = nullptr;
  std::unique_ptr<collection::IndexCursor> cursor_;
  std::size_t at_range_ = 0;
  std::string resume_;  // nothing below it is wanted any more
  std::string document_;
  StageCounts counts_;
  std::int64_t documents_ = 0;
};

/// A scan for AccessRequest::distinct, when an index has the path as its first component and bounds
/// that are exact; nothing otherwise.
RecordSourcePtr plan_distinct(const AccessRequest& request);

}  // namespace freshet::pipeline
