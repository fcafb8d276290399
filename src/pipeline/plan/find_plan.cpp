// SPDX-License-Identifier: Apache-2.0
// find: access path, sort, skip, limit, projection.
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "pipeline/plan/plan_base.h"
#include "query/projection.h"

namespace freshet::pipeline {
namespace {

class ProjectionStage final : public Stage {
 public:
  ProjectionStage(StagePtr source, const query::Projection& projection,
                  const query::QueryContext& context)
      : Stage(std::move(source)), projection_(projection), context_(context) {}
  std::optional<bson::View> next(Operation& op) override {
    const std::optional<bson::View> document = source().next(op);
    if (!document) return std::nullopt;
    out_ = projection_.apply(*document, context_);
    return bson::View(out_);
  }

 private:
  const query::Projection& projection_;
  const query::QueryContext& context_;
  std::string out_;
};

class FindPlan final : public PlanBase {
 public:
  FindPlan(const PlanServices& services, const FindSpec& spec, Operation& op)
      : PlanBase(services, spec, op),
        filter_(spec.filter.to_string()),
        matcher_(bson::View(filter_), context_) {
    read_sort(spec);
    if (!spec.projection.empty()) {
      projection_spec_ = spec.projection.to_string();
      projection_.emplace(bson::View(projection_spec_), query::ProjectionKind::Find, context_,
                          &matcher_);
    }
    check_tailable(spec);
    AccessPlan access = plan_access(access_request(spec));
    make_pipeline(spec, access.sorted);
    StagePtr chain = build(std::move(access.source), spec.show_record_id, pipeline_, 0);
    if (projection_)
      chain = std::make_unique<ProjectionStage>(std::move(chain), *projection_, context_);
    root_ = std::move(chain);
  }

  void explain(bson::Builder& out) const override {
    if (projection_)
      out.add("stage", "PROJECTION_DEFAULT").add("transformBy", bson::View(projection_spec_));
    if (projection_) out.open_document("inputStage");
    std::size_t open = projection_ ? 1 : 0;
    for (auto at = pipeline_.rbegin(); at != pipeline_.rend(); ++at) {
      explain_stage(**at, out);
      out.open_document("inputStage");
      ++open;
    }
    records_->records().explain(out);
    while (open-- > 0)
      out.close();
  }

 private:
  // {$natural: ±1} is a way to walk, not an order.
  void read_sort(const FindSpec& spec) {
    hint_ = spec.hint;
    if (spec.tailable) return walk_forward();  // an index has no end to wait at
    if (spec.sort.empty()) return;
    if ((*spec.sort.begin()).name() == "$natural") {
      natural_ = spec.sort.to_string();
      hint_ = bson::ValueView(bson::Type::Document, natural_.data(),
                              static_cast<std::uint32_t>(natural_.size()));
      if (spec.sort.count() != 1) {
        raise(ErrorCode::BadValue, "Cannot include '$natural' in compound sort: {}",
              spec.sort.count());
      }
      return;
    }
    sort_.emplace(spec.sort);
  }

  void walk_forward() {
    bson::Builder hint;
    natural_ = hint.add("$natural", std::int32_t{1}).take();
    hint_ = bson::ValueView(bson::Type::Document, natural_.data(),
                            static_cast<std::uint32_t>(natural_.size()));
  }

  void check_tailable(const FindSpec& spec) const {
    if (!spec.tailable) return;
    if (resolved_.collection && !resolved_.collection->capped &&
        !resolved_.collection->is_oplog()) {
      raise(ErrorCode::BadValue,
            "error processing query: tailable cursor requested on non capped collection");
    }
  }

  AccessRequest access_request(const FindSpec& spec) const {
    return {.store = services_.store,
            .collection = resolved_.collection,
            .filter = matcher_,
            .sort = sort_ ? &*sort_ : nullptr,
            .hint = hint_,
            .min = spec.min,
            .max = spec.max,
            .collation = collation_};
  }

  void make_pipeline(const FindSpec& spec, bool sorted) {
    bson::Builder stages;
    if (sort_ && !sorted) stages.push_document().add("$sort", spec.sort).close();
    if (spec.skip > 0) stages.push_document().add("$skip", spec.skip).close();
    if (spec.limit > 0) stages.push_document().add("$limit", spec.limit).close();
    const std::string array = stages.take();
    pipeline_ = parse_pipeline(
        bson::View(array), {.query = context_, .database = spec.ns.db, .collection = spec.ns.coll});
    if (sort_ && !sorted && spec.limit > 0 && spec.skip <= kSortLimitMax &&
        spec.limit <= kSortLimitMax) {
      pipeline_.front()->set_sort_limit(spec.skip + spec.limit);
    }
  }

  static void explain_stage(const StageSpec& stage, bson::Builder& out) {
    if (stage.sort_pattern() != nullptr) {
      out.add("stage", "SORT").add("sortPattern", stage.body().as_document());
    } else if (const auto limit = stage.limit()) {
      out.add("stage", "LIMIT").add("limitAmount", *limit);
    } else if (const auto skip = stage.skip()) {
      out.add("stage", "SKIP").add("skipAmount", *skip);
    }
  }

  static constexpr std::int64_t kSortLimitMax = std::int64_t{1} << 40;

  const std::string filter_;
  const query::Matcher matcher_;
  std::optional<query::SortPattern> sort_;
  std::string natural_;
  bson::ValueView hint_;
  std::string projection_spec_;
  std::optional<query::Projection> projection_;
};

// A find on a view is an aggregation on its source.
std::unique_ptr<QueryPlan> plan_find_on_view(const PlanServices& services, const FindSpec& spec,
                                             Operation& op) {
  if (spec.tailable) {
    raise(ErrorCode::CommandNotSupportedOnView, "tailable cursors are not supported on views");
  }
  if (!spec.min.empty() || !spec.max.empty() || spec.show_record_id) {
    raise(ErrorCode::InvalidPipelineOperator,
          "min, max and showRecordId are not supported on views");
  }
  bson::Builder stages;
  if (!spec.filter.empty()) stages.push_document().add("$match", spec.filter).close();
  if (!spec.sort.empty()) stages.push_document().add("$sort", spec.sort).close();
  if (spec.skip > 0) stages.push_document().add("$skip", spec.skip).close();
  if (spec.limit > 0) stages.push_document().add("$limit", spec.limit).close();
  if (!spec.projection.empty()) stages.push_document().add("$project", spec.projection).close();
  const std::string array = stages.take();
  AggregateSpec aggregate;
  static_cast<QuerySpec&>(aggregate) = spec;
  aggregate.pipeline = bson::View(array);
  return plan_aggregate(services, aggregate, op);
}

}  // namespace

std::unique_ptr<QueryPlan> plan_find(const PlanServices& services, const FindSpec& spec,
                                     Operation& op) {
  const catalog::StatePtr state = spec.view ? spec.view->catalog : services.catalog.latest();
  const catalog::CollectionPtr found = state->find(spec.ns);
  if (found && found->is_view()) return plan_find_on_view(services, spec, op);
  return std::make_unique<FindPlan>(services, spec, op);
}

}  // namespace freshet::pipeline
