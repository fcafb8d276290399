// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/statement_records.h"

#include <utility>

#include "base/operation.h"
#include "pipeline/plan/let.h"
#include "pipeline/plan/planned_access.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kPortionMax = 1000;

query::QueryContext make_context(const PlanServices& services, const query::Collation* collation,
                                 const query::SearchScope& text, Operation* const& op) {
  query::QueryContext out;
  out.collation = collation;
  out.now_ms = services.clock.wall_ms();
  out.cluster_time = services.commits.applied().timestamp();
  out.random = &services.random;
  out.search = &text;
  out.operation = &op;
  return out;
}

std::unique_ptr<query::Collation> parse_own(const StatementSpec& spec) {
  return spec.collation_given ? query::parse_collation(spec.collation) : nullptr;
}

const query::Collation* default_of(const catalog::CollectionPtr& collection) {
  return collection ? collection->collation.get() : nullptr;
}

query::SearchScope searched(const catalog::CollectionPtr& collection) {
  query::SearchScope out = search_scope_of(collection.get());
  out.near = true;
  return out;
}

}  // namespace

StatementRecords::StatementRecords(const PlanServices& services, const StatementSpec& spec,
                                   const catalog::CollectionPtr& collection, Operation& op)
    : services_(services),
      operation_(&op),
      hint_(spec.hint),
      own_collation_(parse_own(spec)),
      collation_(spec.collation_given ? own_collation_.get() : default_of(collection)),
      search_(searched(collection)),
      context_(make_context(services, collation_, search_, operation_)),
      let_(spec.let.empty() ? std::string() : evaluate_let(spec.let, context_)),
      let_bound_(bind_let()),
      matcher_(spec.filter, context_) {
  if (!spec.sort.empty()) sort_.emplace(spec.sort);
}

bool StatementRecords::bind_let() {
  if (!let_.empty()) context_.let = bson::View(let_);
  return !let_.empty();
}

AccessPlan StatementRecords::plan(const catalog::CollectionPtr& collection,
                                  const storage::Reader& reader,
                                  const query::SortPattern* sort) const {
  AccessRequest request{.store = services_.store,
                        .collection = collection,
                        .filter = matcher_,
                        .reader = &reader,
                        .sort = sort,
                        .hint = hint_,
                        .collation = collation_,
                        .needs = {},
                        .rules = services_.rules};
  if (sort != nullptr) request.limit = 1;
  return plan_access(request);
}

std::optional<PickedRecord> StatementRecords::pick_first(const collection::WriteUnit& unit,
                                                         const catalog::CollectionPtr& collection,
                                                         Operation& op) const {
  const AccessPlan access = plan(collection, unit.transaction(), sort_ ? &*sort_ : nullptr);
  access.source->restore(unit.transaction());
  std::optional<PickedRecord> best;
  std::string best_key;
  while (const std::optional<Record> record = access.source->next(op)) {
    if (!sort_ || access.sorted) {
      best = PickedRecord{record->id, record->document.to_string(), {}};
      break;
    }
    std::string key = sort_->key(record->document, collation_);
    if (best && key >= best_key) continue;
    best = PickedRecord{record->id, record->document.to_string(), {}};
    best_key = std::move(key);
  }
  if (best) static_cast<void>(matcher_.matches(bson::View(best->document), &best->details));
  return best;
}

std::optional<PickedRecord> StatementRecords::fetch(
    RecordId id, const collection::WriteUnit& unit,
    const catalog::CollectionPtr& collection) const {
  std::optional<std::string> document =
      collection::get_document(unit.transaction(), services_.store, *collection, id);
  if (!document) return std::nullopt;
  PickedRecord out{id, std::move(*document), {}};
  if (!matcher_.matches(bson::View(out.document), &out.details)) return std::nullopt;
  return out;
}

// Finds a portion of records ahead. A write may move a record forward in the index that is being
// walked: each is handled once all the same.
void StatementRecords::search(const collection::WriteUnit& unit,
                              const catalog::CollectionPtr& collection, Operation& op) {
  if (!source_ || version_ != collection->version) {
    source_ = plan(collection, unit.transaction(), nullptr).source;
    version_ = collection->version;
  }
  source_->restore(unit.transaction());
  while (queue_.size() < kPortionMax) {
    const std::optional<Record> record = source_->next(op);
    if (!record) {
      exhausted_ = true;
      break;
    }
    if (!handled_.contains(collection::value_of(record->id))) queue_.push_back(record->id);
  }
  source_->save();
}

std::optional<PickedRecord> StatementRecords::pick_next(const collection::WriteUnit& unit,
                                                        const catalog::CollectionPtr& collection,
                                                        Operation& op) {
  for (;;) {
    if (queue_.empty() && !exhausted_) search(unit, collection, op);
    if (queue_.empty()) return std::nullopt;
    const RecordId id = queue_.front();
    queue_.pop_front();
    op.check();
    std::optional<PickedRecord> record = fetch(id, unit, collection);
    if (!record) continue;
    if (handled_.insert(collection::value_of(id)).second) {
      op.use_memory(sizeof(std::uint64_t) * 4);
      unit_handled_.push_back(id);
    }
    return record;
  }
}

void StatementRecords::put_back(RecordId id) {
  if (!unit_handled_.empty() && unit_handled_.back() == id) {
    unit_handled_.pop_back();
    handled_.erase(collection::value_of(id));
  }
  queue_.push_front(id);
}

void StatementRecords::rewind() {
  for (auto at = unit_handled_.rbegin(); at != unit_handled_.rend(); ++at) {
    handled_.erase(collection::value_of(*at));
    queue_.push_front(*at);
  }
  unit_handled_.clear();
}

}  // namespace freshet::pipeline
