// SPDX-License-Identifier: Apache-2.0
// The common part of find and aggregate plans: context, collation, catalog and reader.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/plan/planner.h"
#include "pipeline/plan/query_plan.h"
#include "query/collation.h"

namespace freshet::pipeline {

/// A collection name followed through its views: where the documents are and what the views do to
/// them.
struct ResolvedNamespace {
  model::Namespace ns;
  catalog::CollectionPtr collection;            ///< null when it does not exist; never a view
  std::vector<std::string> view_pipelines;      ///< BSON arrays, the innermost view's first
  const query::Collation* collation = nullptr;  ///< the default of the name asked for
};

/// Throws ViewDepthLimitExceeded (165) above kViewDepthMax.
ResolvedNamespace resolve_namespace(const catalog::CatalogState& catalog,
                                    const model::Namespace& ns);
inline constexpr int kViewDepthMax = 20;

/// Reads the documents of a record source.
class RecordStage final : public Stage {
 public:
  RecordStage(RecordSourcePtr source, bool show_record_id)
      : source_(std::move(source)), with_id_(show_record_id) {}
  std::optional<bson::View> next(Operation& op) override;
  void save() override { source_->save(); }
  void restore(const storage::Reader& reader) override { source_->restore(reader); }
  const RecordSource& records() const { return *source_; }

 private:
  RecordSourcePtr source_;
  bool with_id_;
  std::string document_;
};

/// Opens other collections for $lookup & co. on the plan's own reader.
class PlannedAccess final : public CollectionAccess {
 public:
  explicit PlannedAccess(const PlanServices& services) : services_(services) {}
  /// `catalog` is the one that belongs to `reader`; null: it is looked up when needed.
  void set_reader(const storage::Reader* reader, catalog::StatePtr catalog) {
    reader_ = reader;
    catalog_ = std::move(catalog);
  }
  StagePtr open(std::string_view database, std::string_view collection, bson::View filter,
                const query::QueryContext& context) override;
  std::unique_ptr<CollectionOutput> replace(std::string_view database,
                                            std::string_view collection) override;
  std::unique_ptr<CollectionOutput> merge(std::string_view database, std::string_view collection,
                                          const MergeOptions& options) override;

 private:
  const PlanServices services_;
  const storage::Reader* reader_ = nullptr;
  catalog::StatePtr catalog_;
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
  Counts examined() const override;
  bool is_long() const override { return records_ == nullptr || !records_->records().is_short(); }

 protected:
  void set_collation(const QuerySpec& spec);
  /// Makes the leaf and puts it under `pipeline` from stage `first` on.
  StagePtr build(RecordSourcePtr source, bool show_record_id, const Pipeline& pipeline,
                 std::size_t first);
  BuildContext& build_context() { return build_context_; }

  const PlanServices services_;
  const commit::ReadPoint read_point_;
  const std::optional<FixedView> view_;
  std::shared_ptr<const storage::Reader>
      reader_;  // shared: other readers may use the same snapshot
  catalog::StatePtr catalog_;
  ResolvedNamespace resolved_;
  std::unique_ptr<query::Collation> own_collation_;
  const query::Collation* collation_ = nullptr;
  std::string let_;
  query::QueryContext context_;
  PlannedAccess access_;
  BuildContext build_context_;
  Pipeline pipeline_;
  RecordStage* records_ = nullptr;  // inside root_
  StagePtr root_;
};

}  // namespace freshet::pipeline
