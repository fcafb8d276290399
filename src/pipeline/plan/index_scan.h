// SPDX-License-Identifier: Apache-2.0
// Walks ranges of one index, and fetches the documents where the entries do not tell enough.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/definitions.h"
#include "collection/index_cursor.h"
#include "pipeline/plan/index_bounds.h"
#include "pipeline/plan/key_document.h"
#include "pipeline/plan/record_set.h"
#include "pipeline/plan/record_source.h"
#include "query/match_node.h"
#include "query/matcher.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// What a scan of an index does. Filters and definitions are borrowed where they are not shared.
struct IndexScanPlan {
  catalog::IndexPtr index;
  std::vector<Component> components;
  std::vector<IntervalSet> sets;  ///< by component, for explain
  std::vector<storage::KeyRange> ranges;
  storage::Direction direction = storage::Direction::Forward;

  const query::Matcher* filter = nullptr;  ///< null: every record is wanted
  /// The ranges hold matching records only, as far as an entry stands for the whole document.
  bool exact = false;
  /// Parts of the filter that entries can decide, so that some documents need not be fetched.
  std::vector<const query::MatchNode*> key_filter;
  std::vector<std::string> key_filter_paths;

  enum class Output : std::uint8_t {
    Documents,  ///< whole
    Fields,     ///< what a projection reads: `fields`; from the entry where it tells that
    Nothing,    ///< empty documents: somebody counts
  };
  Output output = Output::Documents;
  std::vector<std::string> fields;
  /// The filter reads nothing besides `fields`.
  bool fields_tell_filter = false;
};

class IndexScan final : public RecordSource {
 public:
  /// Requires: `store` and the filter outlive it.
  IndexScan(storage::Store& store, catalog::CollectionPtr collection, IndexScanPlan plan);
  ~IndexScan() override;

  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(StageText& out) const override;
  ExamineCounts examined() const override { return {keys_.works, documents_}; }
  std::string index_key(bson::View document) const override;
  void add_indexes(std::vector<catalog::IndexPtr>& out) const override {
    out.push_back(plan_.index);
  }

 private:
  using Output = IndexScanPlan::Output;

  bool advance(Operation& op);
  bool open_range();
  const storage::KeyRange& range() const;
  std::optional<Record> give();
  bool is_refused();
  std::optional<bson::View> from_entry();
  std::optional<Record> fetch(bool sure);
  bool fetches() const;
  void explain_fetch(StageText& out) const;
  void explain_scan(StageText& out, std::string_view name) const;

  storage::Store& store_;
  catalog::CollectionPtr collection_;
  const IndexScanPlan plan_;
  std::optional<KeyDocument> filter_document_;
  std::optional<KeyDocument> output_document_;
  const bool may_repeat_;

  const storage::Reader* reader_ = nullptr;
  std::unique_ptr<collection::IndexCursor> cursor_;
  std::size_t at_range_ = 0;
  std::string last_entry_;
  bool stepped_ = false;
  RecordSet seen_;
  std::string document_;

  StageCounts keys_;
  StageCounts records_;
  std::int64_t documents_ = 0;
  std::int64_t seeks_ = 0;
  std::int64_t repeated_ = 0;
};

}  // namespace freshet::pipeline
