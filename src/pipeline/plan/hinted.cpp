// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/hinted.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/compare.h"
#include "collection/index_keys.h"
#include "pipeline/plan/candidate.h"
#include "pipeline/plan/choice.h"
#include "pipeline/plan/clustered_scan.h"
#include "pipeline/plan/scan_builder.h"
#include "pipeline/plan/simple_sources.h"

namespace freshet::pipeline {
namespace {

using catalog::IndexDefinition;
using catalog::IndexPtr;
using storage::Direction;

bool wants_sort(const AccessRequest& request) {
  return request.sort != nullptr && !request.sort->empty();
}

IndexPtr find_hinted(const AccessRequest& request) {
  for (const IndexPtr& index : request.collection->indexes) {
    if (!index->ready()) continue;
    const bson::ValueView hint = request.hint;
    if (hint.is_string() && index->name == hint.as_string()) return index;
    if (hint.is_document() && bson::compare(index->key_pattern(), hint.as_document()) == 0) {
      return index;
    }
  }
  raise(ErrorCode::BadValue,
        "error processing query: hint provided does not correspond to an existing index");
}

/// The record id of an entry of the log is its ts: predicates on it seek.
collection::RecordRange log_range(const AccessRequest& request) {
  collection::RecordRange range;
  using Op = query::ComparisonNode::Op;
  for (const Conjunct& conjunct : conjuncts_of(request.filter.root())) {
    if (conjunct.path != "ts" || conjunct.node == nullptr || conjunct.negated) continue;
    if (conjunct.node->kind() != query::MatchKind::Comparison) continue;
    const auto& node = static_cast<const query::ComparisonNode&>(*conjunct.node);
    if (node.operand().type() != bson::Type::Timestamp) continue;
    const RecordId at{node.operand().as_timestamp().value()};
    if (node.op() == Op::Equal || node.op() == Op::Greater || node.op() == Op::GreaterEqual) {
      range.first = std::max(range.first, at);
    }
    if (node.op() == Op::Equal || node.op() == Op::Less || node.op() == Op::LessEqual) {
      range.last = std::min(range.last, at);
    }
  }
  return range;
}

/// An index as it was asked for by name is used although it may not hold everything.
AccessPlan use_hinted(const AccessRequest& request, const IndexPtr& index) {
  const Demands demands = demands_of(parts_of(request.filter.root()), request.rules);
  std::vector<Candidate> candidates = candidates_of(index, demands, request);
  if (candidates.empty()) {
    auto forced = forced_candidate(index, demands, request);
    if (!forced) {
      raise(ErrorCode::NoQueryExecutionPlans,
            "error processing query: the hinted index cannot serve it");
    }
    candidates.push_back(std::move(*forced));
  }
  const auto worth = [](const Candidate& candidate) {
    return std::pair(candidate.sorts(), candidate.bounds.used);
  };
  const auto best =
      std::max_element(candidates.begin(), candidates.end(),
                       [&](const Candidate& a, const Candidate& b) { return worth(a) < worth(b); });
  return build_scan(*best, demands.parts, request);
}

std::string encoded_bound(const IndexDefinition& index, bson::View bound) {
  std::string out;
  std::size_t part = 0;
  for (const bson::Element& element : bound) {
    if (part >= index.parts.size() || index.parts[part].path != element.name()) {
      raise(location(51174), "The index {} does not have the fields of min and max in this order",
            index.name);
    }
    collection::append_index_value(out, index, part++, element);
  }
  if (part != index.parts.size()) {
    raise(location(51174), "min and max must name every field of index {}", index.name);
  }
  return out;
}

}  // namespace

AccessPlan plan_collection_scan(const AccessRequest& request, Direction direction) {
  AccessPlan out;
  out.sorted = !wants_sort(request);
  const query::Matcher* filter = request.filter.always_true() ? nullptr : &request.filter;
  if (request.collection->clustered) {
    out.source =
        std::make_unique<ClusteredScan>(request.store, request.collection, filter, direction);
    return out;
  }
  const collection::RecordRange range =
      request.collection->is_oplog() ? log_range(request) : collection::RecordRange();
  out.source =
      std::make_unique<CollectionScan>(request.store, request.collection, filter, direction, range);
  return out;
}

std::optional<AccessPlan> plan_hint(const AccessRequest& request) {
  if (request.hint.missing()) return std::nullopt;
  if (request.hint.is_document()) {
    const bson::View hint = request.hint.as_document();
    if (hint.empty()) return std::nullopt;
    if (const bson::Element natural = *hint.begin(); natural.name() == "$natural") {
      const bool backward = natural.is_number() && natural.number_as_double() < 0;
      return plan_collection_scan(request, backward ? Direction::Backward : Direction::Forward);
    }
  }
  return use_hinted(request, find_hinted(request));
}

AccessPlan plan_min_max(const AccessRequest& request) {
  if (request.hint.missing()) {
    raise(location(51173), "When using min()/max() a hint of which index to use must be provided");
  }
  const IndexPtr index = find_hinted(request);
  if (!index->holds_values()) {
    raise(location(51174), "the index {} has no values that min and max could bound", index->name);
  }
  storage::KeyRange range;
  if (!request.min.empty()) range.begin = encoded_bound(*index, request.min);
  if (!request.max.empty()) range.end = encoded_bound(*index, request.max);
  if (!range.end.empty() && range.begin >= range.end) {
    raise(location(51175), "max must be greater than min");
  }
  const Demands none{.conjuncts = {}, .parts = parts_of(request.filter.root())};
  Candidate candidate = make_candidate(index, components_of(*index), {}, request);
  candidate.bounds.ranges = {std::move(range)};
  // Documents with several keys may have only some of them in the range.
  if (index->multikey()) candidate.order.reset();
  return build_scan(candidate, none.parts, request);
}

}  // namespace freshet::pipeline
