// SPDX-License-Identifier: Apache-2.0
// aggregate: the leading $match and $sort choose the access path, the rest runs stage by stage.
#include <optional>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "pipeline/plan/plan_base.h"
#include "pipeline/plan/scans.h"

namespace freshet::pipeline {
namespace {

class AggregatePlan final : public PlanBase {
 public:
  AggregatePlan(const PlanServices& services, const AggregateSpec& spec, Operation& op)
      : PlanBase(services, spec, op), array_(whole_pipeline(spec)) {
    pipeline_ = parse_pipeline(
        bson::View(array_),
        {.query = context_, .database = spec.ns.db, .collection = resolved_.ns.coll});
    if (!pipeline_.empty() && pipeline_.front()->traits().first_only) {
      documents_ = spec.documents;
      build_context_.documents = &documents_;
      root_ = build_pipeline(pipeline_, 0, nullptr, build_context_);
      return;
    }
    if (spec.ns.coll.empty()) {
      raise(ErrorCode::InvalidNamespace,
            "{{aggregate: 1}} is not valid for '{}'; a collection is required.",
            pipeline_.empty() ? std::string_view("an empty pipeline") : pipeline_.front()->name());
    }
    build_over_collection(spec);
  }

  void explain(bson::Builder& out) const override {
    if (records_ == nullptr) {
      out.add("stage", "EOF");
      return;
    }
    records_->records().explain(out);
  }

 private:
  // The views' stages stand before the command's own.
  std::string whole_pipeline(const AggregateSpec& spec) const {
    bson::Builder array;
    for (const std::string& pipeline : resolved_.view_pipelines) {
      for (const bson::Element& stage : bson::View(pipeline))
        array.push(stage.value());
    }
    for (const bson::Element& stage : spec.pipeline)
      array.push(stage.value());
    return array.take();
  }

  void build_over_collection(const AggregateSpec& spec) {
    std::size_t first = 0;
    bson::View filter;
    if (!pipeline_.empty()) {
      if (const auto match = pipeline_.front()->match_filter()) {
        filter = *match;
        first = 1;
      }
    }
    matcher_.emplace(filter, context_);
    const query::SortPattern* sort =
        first < pipeline_.size() ? pipeline_[first]->sort_pattern() : nullptr;
    AccessRequest request{.store = services_.store,
                          .collection = resolved_.collection,
                          .filter = *matcher_,
                          .sort = sort,
                          .hint = spec.hint,
                          .collation = collation_};
    AccessPlan access = plan_access(request);
    if (sort != nullptr && access.sorted) ++first;
    root_ = build(std::move(access.source), false, pipeline_, first);
  }

  const std::string array_;
  std::vector<std::string> documents_;
  std::optional<query::Matcher> matcher_;
};

}  // namespace

std::unique_ptr<QueryPlan> plan_aggregate(const PlanServices& services, const AggregateSpec& spec,
                                          Operation& op) {
  return std::make_unique<AggregatePlan>(services, spec, op);
}

}  // namespace freshet::pipeline
