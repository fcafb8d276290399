// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/planner.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/key.h"
#include "collection/index_keys.h"
#include "pipeline/plan/bounds.h"
#include "pipeline/plan/clustered_scan.h"
#include "pipeline/plan/scans.h"

namespace freshet::pipeline {
namespace {

using catalog::IndexDefinition;
using catalog::IndexPtr;
using query::MatchKind;
using storage::Direction;

bool same_collation(const query::Collation* a, const query::Collation* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->spec().bytes() == b->spec().bytes();
}

// Which direction an index must be walked in to give the sort's order; nothing when neither does.
std::optional<Direction> sort_direction(const IndexDefinition& index, const IndexBounds& bounds,
                                        const query::SortPattern& sort) {
  if (bounds.several_values) return std::nullopt;
  // Components bound to one value take no part in the order: the sort may name them or leave them
  // out.
  std::size_t part = 0;
  std::optional<Direction> out;
  for (const query::SortPattern::Part& wanted : sort.parts()) {
    bool constant = false;
    for (std::size_t i = 0; i < bounds.points; ++i)
      constant = constant || index.parts[i].path == wanted.path;
    if (constant) continue;
    if (part < bounds.points) part = bounds.points;
    if (part >= index.parts.size()) return std::nullopt;
    const catalog::IndexPart& have = index.parts[part];
    if (have.path != wanted.path || have.kind == catalog::IndexPart::Kind::Hashed)
      return std::nullopt;
    if (index.multikey_part(part)) return std::nullopt;
    const Direction direction =
        have.descending() == wanted.descending ? Direction::Forward : Direction::Backward;
    if (out && *out != direction) return std::nullopt;
    out = direction;
    ++part;
  }
  return out.value_or(Direction::Forward);
}

struct Candidate {
  IndexPtr index;
  IndexBounds bounds;
  std::optional<Direction> sorts;
  int score = 0;
};

int score_of(const Candidate& candidate, bool wants_sort) {
  const IndexBounds& bounds = candidate.bounds;
  int score = static_cast<int>(bounds.points) * 100 + static_cast<int>(bounds.bounded) * 40;
  if (candidate.index->unique && bounds.points == candidate.index->parts.size()) score += 1000;
  if (wants_sort && candidate.sorts) score += 30;
  return score - static_cast<int>(candidate.index->parts.size());
}

class Planner {
 public:
  explicit Planner(const AccessRequest& request)
      : request_(request), conjuncts_(conjuncts_of(request.filter.root())) {}

  AccessPlan plan() {
    if (!request_.collection || request_.filter.root().kind() == MatchKind::AlwaysFalse) {
      return {std::make_unique<EmptySource>(), true};
    }
    if (!request_.min.empty() || !request_.max.empty()) return plan_min_max();
    if (!request_.hint.missing()) {
      if (auto plan = plan_hint()) return std::move(*plan);
    }
    if (auto id = plan_id()) return {filtered(std::move(id)), true};
    if (request_.collection->is_oplog())
      return {filtered(oplog_scan(Direction::Forward)), !wants_sort()};
    const std::optional<Candidate> best = best_index();
    if (best && (best->bounds.bounded > 0)) return use(*best);
    if (RecordSourcePtr branches = plan_or()) return {filtered(std::move(branches)), !wants_sort()};
    if (best && wants_sort() && best->sorts) return use(*best);
    return {filtered(collection_scan(Direction::Forward)), !wants_sort()};
  }

 private:
  bool wants_sort() const { return request_.sort != nullptr && !request_.sort->empty(); }

  RecordSourcePtr filtered(RecordSourcePtr source) const {
    if (request_.filter.always_true()) return source;
    return std::make_unique<FilteredSource>(std::move(source), request_.filter);
  }

  RecordSourcePtr collection_scan(Direction direction) const {
    if (request_.collection->clustered) {
      return std::make_unique<ClusteredScan>(request_.store, request_.collection, direction);
    }
    return std::make_unique<CollectionScan>(request_.store, request_.collection, direction);
  }

  // The oplog's record id is its ts: predicates on it seek.
  RecordSourcePtr oplog_scan(Direction direction) const {
    collection::RecordRange range;
    using Op = query::ComparisonNode::Op;
    for (const Conjunct& conjunct : conjuncts_) {
      if (conjunct.path != "ts" || conjunct.node->kind() != MatchKind::Comparison) continue;
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
    return std::make_unique<CollectionScan>(request_.store, request_.collection, direction, range);
  }

  RecordSourcePtr plan_id() const {
    const IndexDefinition* index = request_.collection->id_index();
    if (index == nullptr) return nullptr;
    for (const Conjunct& conjunct : conjuncts_) {
      if (conjunct.path != "_id" || conjunct.node->kind() != MatchKind::Comparison) continue;
      const auto& node = static_cast<const query::ComparisonNode&>(*conjunct.node);
      if (node.op() != query::ComparisonNode::Op::Equal || node.operand().is_array()) continue;
      const bson::Type type = node.operand().type();
      const bool collated =
          type == bson::Type::String || type == bson::Type::Symbol || type == bson::Type::Document;
      if (collated && !same_collation(index->collation.get(), request_.collation)) continue;
      if (type == bson::Type::Null || type == bson::Type::Undefined) continue;
      return std::make_unique<IdLookup>(request_.store, request_.collection,
                                        bson::Value::copy(node.operand()));
    }
    return nullptr;
  }

  std::optional<Candidate> candidate(const IndexPtr& index,
                                     const std::vector<Conjunct>& conjuncts) const {
    const bool same = same_collation(index->collation.get(), request_.collation);
    std::optional<IndexBounds> bounds = index_bounds(*index, conjuncts, request_.collation, same);
    if (!bounds) return std::nullopt;
    Candidate out{index, std::move(*bounds), std::nullopt, 0};
    if (wants_sort() && same && !index->has_cut_keys()) {
      out.sorts = sort_direction(*index, out.bounds, *request_.sort);
    }
    out.score = score_of(out, wants_sort());
    return out;
  }

  std::optional<Candidate> best_index(const std::vector<Conjunct>* conjuncts = nullptr) const {
    std::optional<Candidate> best;
    for (const IndexPtr& index : request_.collection->indexes) {
      if (!index->ready()) continue;
      std::optional<Candidate> next =
          candidate(index, conjuncts != nullptr ? *conjuncts : conjuncts_);
      if (next && (!best || next->score > best->score)) best = std::move(next);
    }
    return best;
  }

  RecordSourcePtr index_scan(const Candidate& candidate, Direction direction) const {
    return std::make_unique<IndexScan>(request_.store, request_.collection, candidate.index,
                                       candidate.bounds.ranges, direction,
                                       candidate.bounds.description);
  }

  AccessPlan use(const Candidate& candidate) const {
    const Direction direction =
        wants_sort() ? candidate.sorts.value_or(Direction::Forward) : Direction::Forward;
    return {filtered(index_scan(candidate, direction)),
            !wants_sort() || candidate.sorts.has_value()};
  }

  // Every branch of an $or by its own index, or not at all.
  RecordSourcePtr plan_or() const {
    const query::MatchNode* node = &request_.filter.root();
    if (node->kind() == MatchKind::And) {
      for (const auto& child : static_cast<const query::ListNode&>(*node).children()) {
        if (child->kind() == MatchKind::Or) node = child.get();
      }
    }
    if (node->kind() != MatchKind::Or) return nullptr;
    std::vector<RecordSourcePtr> branches;
    for (const auto& child : static_cast<const query::ListNode&>(*node).children()) {
      const std::vector<Conjunct> conjuncts = conjuncts_of(*child);
      const std::optional<Candidate> best = best_index(&conjuncts);
      if (!best || best->bounds.bounded == 0) return nullptr;
      branches.push_back(index_scan(*best, Direction::Forward));
    }
    return std::make_unique<UnionSource>(std::move(branches));
  }

  const IndexPtr* find_hinted() const {
    for (const IndexPtr& index : request_.collection->indexes) {
      if (index->building || index->hidden) continue;
      if (request_.hint.is_string() && index->name == request_.hint.as_string()) return &index;
      if (request_.hint.is_document() &&
          bson::compare(index->key_pattern(), request_.hint.as_document()) == 0) {
        return &index;
      }
    }
    return nullptr;
  }

  std::optional<AccessPlan> plan_hint() const {
    if (request_.hint.is_document()) {
      const bson::View hint = request_.hint.as_document();
      if (hint.empty()) return std::nullopt;
      if (const bson::Element natural = *hint.begin(); natural.name() == "$natural") {
        const bool backward = natural.is_number() && natural.number_as_double() < 0;
        const Direction direction = backward ? Direction::Backward : Direction::Forward;
        return AccessPlan{filtered(request_.collection->is_oplog() ? oplog_scan(direction)
                                                                   : collection_scan(direction)),
                          !wants_sort()};
      }
    }
    const IndexPtr* index = find_hinted();
    if (index == nullptr) {
      raise(ErrorCode::BadValue,
            "error processing query: hint provided does not correspond to an existing index");
    }
    if (auto found = candidate(*index, conjuncts_)) return use(*found);
    // A sparse or partial index that was asked for by name is used although it may not hold
    // everything.
    Candidate all{*index, {}, std::nullopt, 0};
    all.bounds.ranges.push_back({});
    bson::Builder description;
    all.bounds.description = description.take();
    return use(all);
  }

  std::string encoded_bound(const IndexDefinition& index, bson::View bound) const {
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

  AccessPlan plan_min_max() const {
    const IndexPtr* index = request_.hint.missing() ? nullptr : find_hinted();
    if (request_.hint.missing()) {
      raise(location(51173),
            "When using min()/max() a hint of which index to use must be provided");
    }
    if (index == nullptr) {
      raise(ErrorCode::BadValue,
            "error processing query: hint provided does not correspond to an existing index");
    }
    Candidate wanted{*index, {}, std::nullopt, 0};
    storage::KeyRange range;
    if (!request_.min.empty()) range.begin = encoded_bound(**index, request_.min);
    if (!request_.max.empty()) range.end = encoded_bound(**index, request_.max);
    if (!range.end.empty() && range.begin >= range.end) {
      raise(location(51175), "max must be greater than min");
    }
    wanted.bounds.ranges.push_back(std::move(range));
    bson::Builder description;
    wanted.bounds.description =
        description.add("min", request_.min).add("max", request_.max).take();
    if (wants_sort() && !(*index)->has_cut_keys()) {
      wanted.sorts = sort_direction(**index, wanted.bounds, *request_.sort);
    }
    return use(wanted);
  }

  const AccessRequest& request_;
  std::vector<Conjunct> conjuncts_;
};

}  // namespace

AccessPlan plan_access(const AccessRequest& request) {
  return Planner(request).plan();
}

}  // namespace freshet::pipeline
