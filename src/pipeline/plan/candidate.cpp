// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/candidate.h"

#include <algorithm>
#include <utility>

#include "pipeline/plan/conjunct_bounds.h"

namespace freshet::pipeline {
namespace {

/// A row for each kind of index in catalog/index_kind.cpp.
struct AccessKind {
  catalog::IndexKind kind;
  std::vector<Candidate> (*candidates)(const catalog::IndexPtr& index, const Demands& demands,
                                       const AccessRequest& request);
};

constexpr AccessKind kAccessKinds[] = {
    {catalog::IndexKind::Ordered, ordered_candidates},
    {catalog::IndexKind::Hashed, ordered_candidates},
    {catalog::IndexKind::Wildcard, wildcard_candidates},
    {catalog::IndexKind::Text, text_candidates},
    {catalog::IndexKind::Sphere, sphere_candidates},
    {catalog::IndexKind::Flat, flat_candidates},
};

bool wants_sort(const AccessRequest& request) {
  return request.sort != nullptr && !request.sort->empty();
}

/// Worth walking: for its bounds, its order, or because it leaves out what cannot match.
bool is_useful(const Candidate& candidate) {
  return (candidate.bounds.relevant && candidate.bounds.used > 0) || candidate.sorts() ||
         candidate.index->sparse || candidate.index->partial != nullptr;
}

}  // namespace

bool same_collation(const query::Collation* a, const query::Collation* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->spec().bytes() == b->spec().bytes();
}

Candidate make_candidate(const catalog::IndexPtr& index, std::vector<Component> components,
                         const std::vector<Conjunct>& conjuncts, const AccessRequest& request) {
  const bool same = same_collation(index->collation.get(), request.collation);
  Candidate out{.index = index, .components = std::move(components)};
  out.bounds = index_bounds(out.components, conjuncts, index->collation.get(), same);
  if (wants_sort(request) && request.rules.order && same && !index->has_cut_keys()) {
    out.order = index_order(out.components, out.bounds, *request.sort);
    if (out.order && out.order->apart > 0 && !request.rules.merges) out.order.reset();
  }
  return out;
}

bool holds_all(const Candidate& candidate, const Demands& demands, const AccessRequest& request) {
  const catalog::IndexDefinition& index = *candidate.index;
  if (index.sparse && !candidate.bounds.excludes_missing) return false;
  if (index.partial == nullptr) return true;
  return implies(demands.conjuncts, index.partial->root(),
                 {.order = index.collation.get(),
                  .same_order = same_collation(index.collation.get(), request.collation)});
}

std::vector<Candidate> ordered_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                          const AccessRequest& request) {
  std::vector<Candidate> out;
  out.push_back(make_candidate(index, components_of(*index), demands.conjuncts, request));
  if (!is_useful(out.front()) || !holds_all(out.front(), demands, request)) out.clear();
  return out;
}

std::vector<Candidate> candidates_of(const catalog::IndexPtr& index, const Demands& demands,
                                     const AccessRequest& request) {
  if (!index->ready()) return {};
  for (const AccessKind& row : kAccessKinds) {
    if (row.kind == index->kind) return row.candidates(index, demands, request);
  }
  return {};
}

std::optional<Candidate> forced_candidate(const catalog::IndexPtr& index, const Demands& demands,
                                          const AccessRequest& request) {
  if (!index->holds_values()) return std::nullopt;
  return make_candidate(index, components_of(*index), demands.conjuncts, request);
}

}  // namespace freshet::pipeline
