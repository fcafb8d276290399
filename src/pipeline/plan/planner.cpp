// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/planner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "bson/key.h"
#include "collection/index_keys.h"
#include "pipeline/plan/candidate.h"
#include "pipeline/plan/choice.h"
#include "pipeline/plan/distinct_scan.h"
#include "pipeline/plan/hinted.h"
#include "pipeline/plan/near_plan.h"
#include "pipeline/plan/scan_builder.h"
#include "pipeline/plan/simple_sources.h"
#include "pipeline/plan/union_source.h"
#include "query/match_text.h"

namespace freshet::pipeline {
namespace {

using query::MatchKind;
using storage::Direction;

/// Rejected ways that explain shows.
constexpr std::size_t kRejectedMax = 10;

bool hinted(const AccessRequest& request) {
  if (request.hint.missing()) return false;
  return !request.hint.is_document() || !request.hint.as_document().empty();
}

class Planner {
 public:
  explicit Planner(const AccessRequest& request) : request_(request) {}

  AccessPlan plan() const {
    if (!request_.collection || request_.filter.root().kind() == MatchKind::AlwaysFalse) {
      AccessPlan none;
      none.source = std::make_unique<EmptySource>();
      none.sorted = true;
      return none;
    }
    if (const query::NearNode* near = query::find_near(request_.filter.root())) {
      return plan_near(request_, *near);
    }
    if (query::find_text(request_.filter.root()) != nullptr) return plan_text();
    if (!request_.min.empty() || !request_.max.empty()) return plan_min_max(request_);
    if (auto hinted = plan_hint(request_)) return std::move(*hinted);
    if (auto id = plan_id()) return std::move(*id);
    if (request_.collection->is_oplog()) return scan();
    if (!request_.distinct.empty()) {
      AccessPlan out;
      out.sorted = !wants_sort();
      out.source = plan_distinct(request_);
      if (out.source) return out;
    }
    return plan_indexes();
  }

 private:
  bool wants_sort() const { return request_.sort != nullptr && !request_.sort->empty(); }

  AccessPlan plan_text() const {
    const bool bounded = !request_.min.empty() || !request_.max.empty();
    if (bounded || hinted(request_)) {
      raise(ErrorCode::BadValue, "$text goes with neither a hint nor a $natural sort");
    }
    const Demands demands = demands_of(parts_of(request_.filter.root()), request_.rules);
    for (const catalog::IndexPtr& index : request_.collection->indexes) {
      if (index->kind != catalog::IndexKind::Text) continue;
      for (const Candidate& candidate : candidates_of(index, demands, request_))
        return build_scan(candidate, demands.parts, request_);
    }
    if (const std::optional<UnionPlan> branches = union_plan(request_)) {
      return build_union(*branches);
    }
    raise(ErrorCode::NoQueryExecutionPlans,
          "error processing query: $text needs equality on what stands before the text in its "
          "index, and within $or an index for every clause");
  }

  AccessPlan scan() const { return plan_collection_scan(request_, Direction::Forward); }

  std::optional<AccessPlan> plan_id() const {
    const catalog::IndexDefinition* index = request_.collection->id_index();
    if (index == nullptr || !request_.rules.id_lookup) return std::nullopt;
    const std::vector<const query::MatchNode*> parts = parts_of(request_.filter.root());
    for (const query::MatchNode* part : parts) {
      if (part->kind() != MatchKind::Comparison) continue;
      const auto& node = static_cast<const query::ComparisonNode&>(*part);
      if (node.path().text() != "_id" || !is_one_id(*index, node)) continue;
      AccessPlan out;
      out.sorted = true;
      out.source = std::make_unique<IdLookup>(
          request_.store, request_.collection, bson::Value::copy(node.operand()),
          parts.size() == 1 && is_whole(*index, node) ? nullptr : &request_.filter);
      return out;
    }
    return std::nullopt;
  }

  bool is_one_id(const catalog::IndexDefinition& index, const query::ComparisonNode& node) const {
    using bson::Type;
    if (node.op() != query::ComparisonNode::Op::Equal || node.operand().is_array()) return false;
    const Type type = node.operand().type();
    const bool collated = type == Type::String || type == Type::Symbol || type == Type::Document;
    if (collated && !same_collation(index.collation.get(), request_.collation)) return false;
    return type != Type::Null && type != Type::Undefined;
  }

  /// The key was not cut, so that it is this _id and no other.
  static bool is_whole(const catalog::IndexDefinition& index, const query::ComparisonNode& node) {
    std::string key;
    collection::append_index_value(key, index, 0, node.operand());
    return !collection::is_cut_key(collection::bounded_key(std::move(key)));
  }

  AccessPlan plan_indexes() const {
    const Demands demands = demands_of(parts_of(request_.filter.root()), request_.rules);
    std::vector<Ranked> ranked = ranked_candidates(demands, request_);
    const bool any_bounded = std::any_of(ranked.begin(), ranked.end(), [](const Ranked& each) {
      return each.candidate.bounds.used > 0;
    });
    std::optional<UnionPlan> branches = union_plan(request_);
    const bool unites = branches && (!any_bounded || branches->cost < ranked.front().cost);
    if (unites) return with_rejected(build_union(*branches), ranked, 0, demands);
    if (ranked.empty()) return scan();
    return with_rejected(build_scan(ranked.front().candidate, demands.parts, request_), ranked, 1,
                         demands);
  }

  AccessPlan build_union(const UnionPlan& plan) const {
    AccessRequest inner = request_;
    // The branches' records are compared by their ids; what a projection reads may differ by
    // branch.
    if (!request_.needs.paths.empty()) inner.needs = Needs();
    if (!plan.sorts) inner.sort = nullptr;
    std::vector<RecordSourcePtr> sources;
    for (const UnionPlan::Branch& branch : plan.branches)
      sources.push_back(build_scan(branch.candidate, branch.parts, inner).source);
    AccessPlan out;
    out.sorted = !wants_sort() || plan.sorts;
    if (plan.sorts) {
      constexpr bool kDisjoint = false;
      out.source = std::make_unique<MergeSource>(std::move(sources), *request_.sort,
                                                 request_.collation, kDisjoint);
    } else {
      out.source = std::make_unique<UnionSource>(std::move(sources));
    }
    return out;
  }

  AccessPlan with_rejected(AccessPlan plan, const std::vector<Ranked>& ranked, std::size_t first,
                           const Demands& demands) const {
    if (!request_.with_rejected) return plan;
    const std::size_t end = std::min(ranked.size(), first + kRejectedMax);
    for (std::size_t i = first; i < end; ++i) {
      plan.rejected.push_back(build_scan(ranked[i].candidate, demands.parts, request_).source);
    }
    return plan;
  }

  const AccessRequest& request_;
};

}  // namespace

AccessPlan plan_access(const AccessRequest& request) {
  AccessPlan plan = Planner(request).plan();
  if (request.with_rejected) return plan;
  std::vector<catalog::IndexPtr> used;
  plan.source->add_indexes(used);
  for (const catalog::IndexPtr& index : used)
    index->runtime->uses.fetch_add(1, std::memory_order_relaxed);
  return plan;
}

}  // namespace freshet::pipeline
