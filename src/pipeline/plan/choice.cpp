// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/choice.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/plan/estimate.h"
#include "pipeline/plan/scan_builder.h"

namespace freshet::pipeline {
namespace {

constexpr double kFetchCost = 4;   // a document, against an entry
constexpr double kSortCost = 0.5;  // a document, per comparison
/// Without an estimate each bound value is taken to divide the entries by this.
constexpr double kGuessedValues = 100;

bool wants_sort(const AccessRequest& request) {
  return request.sort != nullptr && !request.sort->empty();
}

double documents_in(const AccessRequest& request) {
  return static_cast<double>(
      std::max<std::int64_t>(1, request.collection->runtime->documents.load()));
}

/// One key at most lies in the ranges.
bool is_one_key(const Candidate& candidate) {
  return candidate.index->unique && candidate.bounds.points == candidate.components.size();
}

bool is_bounded(const Candidate& candidate) {
  return candidate.bounds.used > 0;
}

double guessed_keys(const Candidate& candidate, const AccessRequest& request) {
  if (is_one_key(candidate)) return 1;
  double keys = documents_in(request);
  for (std::size_t i = 0; i < candidate.bounds.used; ++i) {
    const IntervalSet& set = candidate.bounds.sets[i];
    const double values = all_points(set) ? static_cast<double>(set.size()) : kGuessedValues / 3;
    keys *= std::min(1.0, values / kGuessedValues);
  }
  return keys;
}

void estimate(std::vector<Candidate>& candidates, const AccessRequest& request) {
  std::vector<Candidate> bounded;
  std::vector<Candidate> whole;
  for (Candidate& candidate : candidates) {
    candidate.keys = static_cast<std::int64_t>(guessed_keys(candidate, request));
    (is_bounded(candidate) ? bounded : whole).push_back(std::move(candidate));
  }
  const bool counts = request.reader != nullptr && request.rules.estimates &&
                      (bounded.size() > 1 || (!bounded.empty() && !whole.empty()));
  if (counts && std::none_of(bounded.begin(), bounded.end(), is_one_key)) {
    for (Candidate& candidate : bounded)
      candidate.keys = 0;
    count_keys(bounded, *request.reader, request.store,
               static_cast<std::int64_t>(documents_in(request)));
  }
  candidates = std::move(bounded);
  std::move(whole.begin(), whole.end(), std::back_inserter(candidates));
}

/// At most as many documents match as the narrowest ranges hold entries.
double fewest_keys(const std::vector<Candidate>& candidates, const AccessRequest& request) {
  double fewest = documents_in(request);
  for (const Candidate& candidate : candidates)
    fewest = std::min(fewest, static_cast<double>(candidate.keys));
  return std::max(1.0, fewest);
}

double cost_of(const Candidate& candidate, bool covered, double matching,
               const AccessRequest& request) {
  const auto keys = static_cast<double>(candidate.keys);
  const double per_key = covered ? 1 : 1 + kFetchCost;
  if (!wants_sort(request) || candidate.sorts()) {
    const auto limit = static_cast<double>(request.limit);
    // With an order the walk ends when enough have matched, which happens evenly along it.
    const bool ends_early = request.limit > 0 && limit < matching;
    return (ends_early ? keys * limit / matching : keys) * per_key;
  }
  const double sorted = std::min(keys, matching);
  return keys * per_key + sorted * kSortCost * std::log2(sorted + 2) + sorted;
}

/// Of equal cost: what narrows more, then what has less to read.
bool is_better(const Ranked& a, const Ranked& b) {
  if (a.cost != b.cost) return a.cost < b.cost;
  if (a.candidate.bounds.points != b.candidate.bounds.points) {
    return a.candidate.bounds.points > b.candidate.bounds.points;
  }
  if (a.candidate.bounds.used != b.candidate.bounds.used) {
    return a.candidate.bounds.used > b.candidate.bounds.used;
  }
  return a.candidate.components.size() < b.candidate.components.size();
}

// What every branch has to meet besides its own demands.
std::vector<const query::MatchNode*> others(const std::vector<const query::MatchNode*>& parts,
                                            const query::MatchNode* without) {
  std::vector<const query::MatchNode*> out;
  for (const query::MatchNode* part : parts) {
    if (part != without) out.push_back(part);
  }
  return out;
}

std::optional<UnionPlan> union_of(const query::MatchNode& disjunction,
                                  const std::vector<const query::MatchNode*>& parts,
                                  const AccessRequest& request) {
  UnionPlan out{.sorts = wants_sort(request)};
  const std::vector<const query::MatchNode*> rest = others(parts, &disjunction);
  for (const auto& child : static_cast<const query::ListNode&>(disjunction).children()) {
    std::vector<const query::MatchNode*> own = parts_of(*child);
    own.insert(own.end(), rest.begin(), rest.end());
    std::vector<Ranked> ranked = ranked_candidates(demands_of(own, request.rules), request);
    std::erase_if(ranked, [](const Ranked& each) { return !is_bounded(each.candidate); });
    if (ranked.empty()) return std::nullopt;
    Ranked& best = ranked.front();
    out.sorts = out.sorts && best.candidate.order && best.candidate.order->apart == 0;
    out.cost += best.cost;
    out.branches.push_back({std::move(best.candidate), std::move(own)});
  }
  if (!out.sorts) {
    for (UnionPlan::Branch& branch : out.branches)
      branch.candidate.order.reset();
  }
  return out;
}

}  // namespace

Demands demands_of(const std::vector<const query::MatchNode*>& parts, const PlannerRules& rules) {
  Demands out{.conjuncts = {}, .parts = parts};
  for (const query::MatchNode* part : parts) {
    for (Conjunct& conjunct : conjuncts_of(*part)) {
      if (conjunct.expression && !rules.expressions) continue;
      out.conjuncts.push_back(std::move(conjunct));
    }
  }
  return out;
}

std::vector<Ranked> ranked_candidates(const Demands& demands, const AccessRequest& request) {
  std::vector<Candidate> candidates;
  if (!request.rules.indexes) return {};
  for (const catalog::IndexPtr& index : request.collection->indexes) {
    for (Candidate& candidate : candidates_of(index, demands, request))
      candidates.push_back(std::move(candidate));
  }
  estimate(candidates, request);
  const double matching = fewest_keys(candidates, request);
  std::vector<Ranked> out;
  for (Candidate& candidate : candidates) {
    const bool covered = is_covered(candidate, demands.parts, request);
    const double cost = cost_of(candidate, covered, matching, request);
    out.push_back({std::move(candidate), cost});
  }
  std::stable_sort(out.begin(), out.end(), is_better);
  return out;
}

std::optional<UnionPlan> union_plan(const AccessRequest& request) {
  std::optional<UnionPlan> best;
  if (!request.rules.unions || !request.rules.indexes) return best;
  const std::vector<const query::MatchNode*> parts = parts_of(request.filter.root());
  for (const query::MatchNode* part : parts) {
    if (part->kind() != query::MatchKind::Or) continue;
    std::optional<UnionPlan> plan = union_of(*part, parts, request);
    if (plan && (!best || plan->cost < best->cost)) best = std::move(plan);
  }
  return best;
}

}  // namespace freshet::pipeline
