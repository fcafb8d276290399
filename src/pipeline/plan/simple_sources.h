// SPDX-License-Identifier: Apache-2.0
// The record sources without an index range: whole collection, one _id, nothing; and the filter
// over any of them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bson/value.h"
#include "catalog/definitions.h"
#include "pipeline/plan/record_source.h"
#include "query/matcher.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// Natural order, or its reverse, over a range of record ids.
class CollectionScan final : public RecordSource {
 public:
  /// `filter` may be null; it outlives the scan, as `store` does.
  CollectionScan(storage::Store& store, catalog::CollectionPtr collection,
                 const query::Matcher* filter, storage::Direction direction,
                 collection::RecordRange range = {});
  ~CollectionScan() override;
  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(StageText& out) const override;
  ExamineCounts examined() const override { return {0, counts_.works}; }

 private:
  bool step();

  storage::Store& store_;
  catalog::CollectionPtr collection_;
  const query::Matcher* filter_;
  storage::Direction direction_;
  collection::RecordRange range_;
  const storage::Reader* reader_ = nullptr;
  std::unique_ptr<collection::RecordCursor> cursor_;
  std::optional<RecordId> last_;
  bool stepped_ = false;
  StageCounts counts_;
};

/// The record with one `_id`.
class IdLookup final : public RecordSource {
 public:
  /// `filter` is null when it says nothing besides the `_id`.
  IdLookup(storage::Store& store, catalog::CollectionPtr collection, bson::Value id,
           const query::Matcher* filter);
  std::optional<Record> next(Operation& op) override;
  void save() override { ++counts_.saves; }
  void restore(const storage::Reader& reader) override;
  void explain(StageText& out) const override;
  ExamineCounts examined() const override { return examined_; }
  bool is_short() const override { return true; }
  std::string index_key(bson::View document) const override;
  void add_indexes(std::vector<catalog::IndexPtr>& out) const override;

 private:
  storage::Store& store_;
  catalog::CollectionPtr collection_;
  bson::Value id_;
  const query::Matcher* filter_;
  const storage::Reader* reader_ = nullptr;
  bool done_ = false;
  std::string document_;
  ExamineCounts examined_;
  StageCounts counts_;
};

/// No records: the collection does not exist, or the filter cannot match.
class EmptySource final : public RecordSource {
 public:
  std::optional<Record> next(Operation&) override { return std::nullopt; }
  void save() override {}
  void restore(const storage::Reader&) override {}
  void explain(StageText& out) const override { out.stage("EOF", {.at_end = true}); }
  ExamineCounts examined() const override { return {}; }
  bool is_short() const override { return true; }
};

}  // namespace freshet::pipeline
