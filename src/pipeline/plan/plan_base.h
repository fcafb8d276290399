// SPDX-License-Identifier: Apache-2.0
// The common part of find and aggregate plans: context, collation, catalog and reader.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/plan/planned_access.h"
#include "pipeline/plan/planner.h"
#include "pipeline/plan/query_plan.h"
#include "pipeline/plan/stage_text.h"
#include "query/collation.h"
#include "query/document_metadata.h"
#include "query/match_near.h"
#include "query/match_text.h"

namespace freshet::pipeline {

/// Reads the documents of a record source.
class RecordStage final : public Stage {
 public:
  /// Sets the index key in `metadata` where somebody wants it.
  RecordStage(RecordSourcePtr source, bool show_record_id, query::DocumentMetadata& metadata)
      : source_(std::move(source)), with_id_(show_record_id), metadata_(metadata) {}
  std::optional<bson::View> next(Operation& op) override;
  void save() override { source_->save(); }
  void restore(const storage::Reader& reader) override { source_->restore(reader); }
  const RecordSource& records() const { return *source_; }

 private:
  RecordSourcePtr source_;
  bool with_id_;
  query::DocumentMetadata& metadata_;
  std::string document_;
};

/// The field that showRecordId adds.
inline constexpr std::string_view kRecordId = "$recordId";

/// Counts what another stage does.
class CountingStage final : public Stage {
 public:
  explicit CountingStage(StagePtr source) : Stage(std::move(source)) {}
  std::optional<bson::View> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  const StageCounts& counts() const { return counts_; }

 private:
  StageCounts counts_;
};

/// Base of the two plans. Members that stages borrow stand before the stages.
class PlanBase : public QueryPlan {
 public:
  PlanBase(const PlanServices& services, const QuerySpec& spec, Operation& op);

  Stage& root() override { return *root_; }
  void set_operation(Operation* op) override;
  std::shared_ptr<const storage::Reader> open_reader() override;
  std::shared_ptr<const storage::Reader> first_reader() const override { return reader_; }
  catalog::CollectionPtr collection() const override { return resolved_.collection; }
  const query::QueryContext& query_context() const override { return context_; }
  const OutputOptions* output() const override {
    return pipeline_.empty() ? nullptr : pipeline_.back()->output();
  }
  ExamineCounts examined() const override;
  const std::vector<RecordSourcePtr>& rejected() const override { return rejected_; }
  bool is_long() const override { return records_ == nullptr || !records_->records().is_short(); }

 protected:
  void set_collation(const QuerySpec& spec);
  /// A request for the records that match, with all that the two plans have in common.
  AccessRequest access_request(const QuerySpec& spec, const query::Matcher& filter) const;
  /// The context, where filters may have a $near.
  const query::QueryContext& near_allowed(bool allowed) {
    search_.near = allowed;
    return context_;
  }
  /// Makes the leaf out of an access plan for `filter`, and keeps what it rejected.
  StagePtr leaf(AccessPlan access, const query::Matcher& filter, bool show_record_id);
  /// Puts stages of pipeline_ from `first` up to `end` over `source`.
  StagePtr chain(StagePtr source, std::size_t first, std::size_t end);
  StagePtr counted(StagePtr stage);

  /// The stages first … end - 1 of pipeline_, of which each is a $sort, $skip or $limit, the last
  /// one outermost, over the leaf.
  void explain_access(StageText& out, std::size_t first, std::size_t end) const;
  const StageCounts& counts_of(std::size_t stage) const;

  const PlanServices services_;
  Operation* operation_;  // the running command; null between batches
  const commit::ReadPoint read_point_;
  const Telling telling_;
  const std::optional<FixedView> view_;
  std::shared_ptr<const storage::Reader>
      reader_;  // shared: other readers may use the same snapshot
  catalog::StatePtr catalog_;
  ResolvedNamespace resolved_;
  std::unique_ptr<query::Collation> own_collation_;
  const query::Collation* collation_ = nullptr;
  std::string let_;
  query::SearchScope search_;
  query::DocumentMetadata metadata_;
  query::QueryContext context_;
  PlannedAccess access_;
  BuildContext build_context_;
  Pipeline pipeline_;
  std::vector<catalog::IndexPtr> indexes_;  // that the plan reads
  std::vector<RecordSourcePtr> rejected_;
  RecordStage* records_ = nullptr;                    // inside root_
  std::vector<const CountingStage*> stage_counters_;  // by stage of pipeline_; inside root_
  StagePtr root_;

 private:
  void check_still_there() const;
  static void explain_stage(StageText& out, const StageSpec& stage, const StageCounts& counts);
};

}  // namespace freshet::pipeline
