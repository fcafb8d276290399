// SPDX-License-Identifier: Apache-2.0
// The record sources there are: whole collection, index ranges, one _id, nothing, several in turn,
// filtered.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "bson/value.h"
#include "catalog/definitions.h"
#include "collection/index_cursor.h"
#include "pipeline/plan/record_source.h"
#include "query/matcher.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// Natural order, or its reverse, over a range of record ids.
class CollectionScan final : public RecordSource {
 public:
  CollectionScan(storage::Store& store, catalog::CollectionPtr collection,
                 storage::Direction direction, collection::RecordRange range = {});
  ~CollectionScan() override;
  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(bson::Builder& out) const override;
  ExamineCounts examined() const override { return {0, examined_}; }
  /// The record a tailing reader stood on; it must still be there (capped collections overtake
  /// readers).
  std::optional<RecordId> position() const { return last_; }

 private:
  storage::Store& store_;
  catalog::CollectionPtr collection_;
  storage::Direction direction_;
  collection::RecordRange range_;
  const storage::Reader* reader_ = nullptr;
  std::unique_ptr<collection::RecordCursor> cursor_;
  std::optional<RecordId> last_;
  bool stepped_ = false;
  std::int64_t examined_ = 0;
};

/// Ranges of one index, in key order or its reverse, each record once.
class IndexScan final : public RecordSource {
 public:
  /// `ranges` are sorted and disjoint. `bounds` describes them for explain (BSON).
  IndexScan(storage::Store& store, catalog::CollectionPtr collection, catalog::IndexPtr index,
            std::vector<storage::KeyRange> ranges, storage::Direction direction,
            std::string bounds);
  ~IndexScan() override;
  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(bson::Builder& out) const override;
  ExamineCounts examined() const override { return examined_; }

 private:
  bool open_range();
  const storage::KeyRange& range() const;

  storage::Store& store_;
  catalog::CollectionPtr collection_;
  catalog::IndexPtr index_;
  std::vector<storage::KeyRange> ranges_;
  storage::Direction direction_;
  std::string bounds_;
  const storage::Reader* reader_ = nullptr;
  std::unique_ptr<collection::IndexCursor> cursor_;
  std::size_t at_range_ = 0;
  std::string last_entry_;
  bool stepped_ = false;
  const bool may_repeat_;
  std::unordered_set<std::uint64_t> seen_;
  std::string document_;
  ExamineCounts examined_;
};

/// The record with one `_id`.
class IdLookup final : public RecordSource {
 public:
  IdLookup(storage::Store& store, catalog::CollectionPtr collection, bson::Value id);
  std::optional<Record> next(Operation& op) override;
  void save() override {}
  void restore(const storage::Reader& reader) override { reader_ = &reader; }
  void explain(bson::Builder& out) const override;
  ExamineCounts examined() const override { return examined_; }
  bool is_short() const override { return true; }

 private:
  storage::Store& store_;
  catalog::CollectionPtr collection_;
  bson::Value id_;
  const storage::Reader* reader_ = nullptr;
  bool done_ = false;
  std::string document_;
  ExamineCounts examined_;
};

/// No records: the collection does not exist, or the filter cannot match.
class EmptySource final : public RecordSource {
 public:
  std::optional<Record> next(Operation&) override { return std::nullopt; }
  void save() override {}
  void restore(const storage::Reader&) override {}
  void explain(bson::Builder& out) const override;
  ExamineCounts examined() const override { return {}; }
  bool is_short() const override { return true; }
};

/// The branches of an $or, one after the other, each record once.
class UnionSource final : public RecordSource {
 public:
  explicit UnionSource(std::vector<RecordSourcePtr> branches) : branches_(std::move(branches)) {}
  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(bson::Builder& out) const override;
  ExamineCounts examined() const override;

 private:
  std::vector<RecordSourcePtr> branches_;
  std::size_t at_ = 0;
  std::unordered_set<std::uint64_t> seen_;
};

/// Records that match a filter.
class FilteredSource final : public RecordSource {
 public:
  /// Requires: `filter` outlives it.
  FilteredSource(RecordSourcePtr source, const query::Matcher& filter)
      : source_(std::move(source)), filter_(filter) {}
  std::optional<Record> next(Operation& op) override;
  void save() override { source_->save(); }
  void restore(const storage::Reader& reader) override { source_->restore(reader); }
  void explain(bson::Builder& out) const override;
  ExamineCounts examined() const override { return source_->examined(); }
  bool is_short() const override { return source_->is_short(); }

 private:
  RecordSourcePtr source_;
  const query::Matcher& filter_;
};

}  // namespace freshet::pipeline
