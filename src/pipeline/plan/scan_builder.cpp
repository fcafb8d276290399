// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/scan_builder.h"

#include <algorithm>
#include <utility>

#include "pipeline/plan/index_scan.h"
#include "pipeline/plan/union_source.h"

namespace freshet::pipeline {
namespace {

using query::MatchNode;
using storage::Direction;
using Output = IndexScanPlan::Output;

bool wants_sort(const AccessRequest& request) {
  return request.sort != nullptr && !request.sort->empty();
}

bool is_enforced(const Candidate& candidate, const MatchNode* part) {
  const std::vector<const MatchNode*>& enforced = candidate.bounds.enforced;
  return std::find(enforced.begin(), enforced.end(), part) != enforced.end();
}

bool is_exact(const Candidate& candidate, const std::vector<const MatchNode*>& parts,
              const AccessRequest& request) {
  return request.rules.exact && std::all_of(parts.begin(), parts.end(), [&](const auto* part) {
           return is_enforced(candidate, part);
         });
}

void add_paths(std::vector<std::string>& paths, const std::vector<std::string>& more) {
  for (const std::string& path : more) {
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  }
}

/// What is given for a record, and which fields that takes.
struct Given {
  Output output = Output::Documents;
  std::vector<std::string> fields;
  bool fields_tell_filter = false;
};

Given given_by(const Candidate& candidate, bool exact, const AccessRequest& request) {
  if (request.needs.everything || !request.rules.entries) return {};
  const bool sorts_later = wants_sort(request) && !(candidate.order && candidate.order->apart == 0);
  Given out;
  out.output = request.needs.paths.empty() && !sorts_later ? Output::Nothing : Output::Fields;
  if (out.output == Output::Fields && candidate.index->collation != nullptr) return {};
  out.fields = request.needs.paths;
  for (std::size_t i = 0; sorts_later && i < request.sort->parts().size(); ++i)
    add_paths(out.fields, {request.sort->parts()[i].path});
  if (!exact) {
    const auto filter = paths_of_filter(request.filter.root());
    if (!filter) return {};
    add_paths(out.fields, *filter);
    out.fields_tell_filter = true;
  }
  if (out.fields.empty()) return out;
  return KeyDocument::possible(*candidate.index, out.fields) ? out : Given{};
}

/// The parts of the filter that entries decide, and that the ranges do not guarantee.
void add_key_filter(IndexScanPlan& plan, const Candidate& candidate, const AccessRequest& request) {
  if (plan.exact || plan.filter == nullptr || !request.rules.key_filters) return;
  for (const MatchNode* part : parts_of(request.filter.root())) {
    if (is_enforced(candidate, part)) continue;
    const auto paths = paths_of_filter(*part);
    if (!paths || !KeyDocument::possible(*candidate.index, *paths)) continue;
    plan.key_filter.push_back(part);
    add_paths(plan.key_filter_paths, *paths);
  }
  if (!KeyDocument::possible(*candidate.index, plan.key_filter_paths)) plan.key_filter.clear();
}

IndexScanPlan scan_plan(const Candidate& candidate, const std::vector<const MatchNode*>& parts,
                        const AccessRequest& request) {
  IndexScanPlan plan;
  plan.index = candidate.index;
  plan.components = candidate.components;
  plan.filter = request.filter.always_true() ? nullptr : &request.filter;
  plan.exact = plan.filter == nullptr || is_exact(candidate, parts, request);
  Given given = given_by(candidate, plan.exact, request);
  plan.output = given.output;
  plan.fields = std::move(given.fields);
  plan.fields_tell_filter = given.fields_tell_filter;
  add_key_filter(plan, candidate, request);
  plan.direction = candidate.order ? candidate.order->direction : Direction::Forward;
  return plan;
}

RecordSourcePtr one_scan(IndexScanPlan plan, std::vector<IntervalSet> sets,
                         std::vector<storage::KeyRange> ranges, const AccessRequest& request) {
  plan.sets = std::move(sets);
  plan.ranges = std::move(ranges);
  return std::make_unique<IndexScan>(request.store, request.collection, std::move(plan));
}

/// Every combination of single values of the leading components.
std::vector<std::vector<IntervalSet>> taken_apart(const IndexBounds& bounds, std::size_t apart) {
  std::vector<std::vector<IntervalSet>> out{bounds.sets};
  for (std::size_t i = 0; i < apart; ++i) {
    std::vector<std::vector<IntervalSet>> next;
    for (const std::vector<IntervalSet>& sets : out) {
      for (const Interval& interval : bounds.sets[i]) {
        next.push_back(sets);
        next.back()[i] = {interval};
      }
    }
    out = std::move(next);
  }
  return out;
}

}  // namespace

bool is_covered(const Candidate& candidate, const std::vector<const MatchNode*>& parts,
                const AccessRequest& request) {
  const bool exact = request.filter.always_true() || is_exact(candidate, parts, request);
  return given_by(candidate, exact, request).output != Output::Documents;
}

AccessPlan build_scan(const Candidate& candidate, const std::vector<const MatchNode*>& parts,
                      const AccessRequest& request) {
  IndexScanPlan plan = scan_plan(candidate, parts, request);
  AccessPlan out;
  out.covered = plan.output != Output::Documents;
  out.sorted = !wants_sort(request) || candidate.sorts();
  if (!candidate.order || candidate.order->apart == 0) {
    out.source = one_scan(std::move(plan), candidate.bounds.sets, candidate.bounds.ranges, request);
    return out;
  }
  std::vector<RecordSourcePtr> walks;
  for (std::vector<IntervalSet>& sets : taken_apart(candidate.bounds, candidate.order->apart)) {
    std::vector<storage::KeyRange> ranges =
        ranges_of(candidate.components, sets, candidate.bounds.used);
    walks.push_back(one_scan(plan, std::move(sets), std::move(ranges), request));
  }
  constexpr bool kDisjoint = true;
  out.source =
      std::make_unique<MergeSource>(std::move(walks), *request.sort, request.collation, kDisjoint);
  return out;
}

}  // namespace freshet::pipeline
