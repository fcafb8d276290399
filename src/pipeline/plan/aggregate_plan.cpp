// SPDX-License-Identifier: Apache-2.0
// aggregate: the leading $match and $sort choose the access path, the rest runs stage by stage.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "pipeline/plan/plan_base.h"

namespace freshet::pipeline {
namespace {

class AggregatePlan final : public PlanBase {
 public:
  AggregatePlan(const PlanServices& services, const AggregateSpec& spec, Operation& op)
      : PlanBase(services, spec, op), array_(whole_pipeline(spec)) {
    pipeline_ = parse_pipeline(bson::View(array_), {.query = context_,
                                                    .database = spec.ns.db,
                                                    .collection = resolved_.ns.coll,
                                                    .collections = &access_});
    if (!pipeline_.empty() && makes_documents(*pipeline_.front())) {
      documents_ = spec.documents;
      build_context_.documents = &documents_;
      later_ = 0;
      root_ = chain(nullptr, 0, pipeline_.size());
      return;
    }
    if (spec.ns.coll.empty()) {
      raise(ErrorCode::InvalidNamespace,
            "{{aggregate: 1}} is not valid for '{}'; a collection is required.",
            pipeline_.empty() ? std::string_view("an empty pipeline") : pipeline_.front()->name());
    }
    build_over_collection(spec);
  }

  void explain(StageText& out) const override {
    if (records_ == nullptr) {
      out.stage("EOF", {.at_end = true});
    } else {
      explain_access(out, first_, later_);
    }
  }

  bson::View filter() const override { return matcher_ ? matcher_->filter() : bson::View(); }
  std::size_t later_stages() const override { return pipeline_.size() - later_; }
  void explain_later(std::size_t i, StageText& out) const override {
    out.out().add_all(pipeline_[later_ + i]->document());
    if (!out.with_counts()) return;
    out.out().add("nReturned", counts_of(later_ + i).advanced);
    out.out().add("executionTimeMillisEstimate", std::int64_t{0});
  }

 private:
  /// Itself; $geoNear takes those of the collection.
  static bool makes_documents(const StageSpec& stage) {
    return stage.traits().first_only && !stage.match_filter();
  }

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

  // The leading $match, and a $sort, $skip and $limit behind it, belong to reaching the documents.
  void build_over_collection(const AggregateSpec& spec) {
    bson::View filter;
    if (!pipeline_.empty()) {
      if (const auto match = pipeline_.front()->match_filter()) {
        filter = *match;
        // What $geoNear adds to the documents is its own business.
        first_ = pipeline_.front()->traits().first_only ? 0 : 1;
        near_allowed(first_ == 0);
      }
    }
    matcher_.emplace(filter, context_);
    const query::SortPattern* sort =
        first_ < pipeline_.size() ? pipeline_[first_]->sort_pattern() : nullptr;
    const std::size_t behind = first_ + (sort != nullptr ? 1 : 0);
    AccessRequest request = access_request(spec, *matcher_);
    request.sort = sort;
    request.limit = wanted_from(behind);
    // A $text and a $near look at whole documents.
    if (query::find_text(matcher_->root()) == nullptr &&
        query::find_near(matcher_->root()) == nullptr) {
      request.needs = needs_of_pipeline(pipeline_, first_, context_);
    }
    AccessPlan access = plan_access(request);
    if (sort != nullptr && access.sorted) ++first_;
    later_ = behind;
    while (later_ < pipeline_.size() && (pipeline_[later_]->skip() || pipeline_[later_]->limit()))
      ++later_;
    root_ = chain(leaf(std::move(access), *matcher_, false), first_, pipeline_.size());
  }

  /// How many documents the $skip and $limit at `stage` let through in all; 0: no limit.
  std::int64_t wanted_from(std::size_t stage) const {
    constexpr std::int64_t kMax = std::int64_t{1} << 40;
    std::int64_t skipped = 0;
    for (; stage < pipeline_.size(); ++stage) {
      if (const auto limit = pipeline_[stage]->limit()) return std::min(*limit, kMax) + skipped;
      const auto skip = pipeline_[stage]->skip();
      if (!skip) return 0;
      skipped += std::min(*skip, kMax);
    }
    return 0;
  }

  const std::string array_;
  std::vector<std::string> documents_;
  std::optional<query::Matcher> matcher_;
  std::size_t first_ = 0;  // stage of pipeline_ that the leaf does not do already
  std::size_t later_ = 0;  // first stage that has nothing to do with reaching the documents
};

}  // namespace

std::unique_ptr<QueryPlan> plan_aggregate(const PlanServices& services, const AggregateSpec& spec,
                                          Operation& op) {
  return std::make_unique<AggregatePlan>(services, spec, op);
}

}  // namespace freshet::pipeline
