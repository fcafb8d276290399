// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/distinct_scan.h"

#include <algorithm>
#include <utility>

#include "base/operation.h"
#include "bson/key.h"
#include "pipeline/plan/candidate.h"
#include "pipeline/plan/choice.h"
#include "pipeline/plan/index_text.h"

namespace freshet::pipeline {

DistinctScan::DistinctScan(storage::Store& store, catalog::CollectionPtr collection,
                           catalog::IndexPtr index, std::vector<Component> components,
                           IndexBounds bounds)
    : store_(store),
      collection_(std::move(collection)),
      index_(std::move(index)),
      components_(std::move(components)),
      bounds_(std::move(bounds)),
      key_document_(*index_, {index_->parts.front().path}) {}

DistinctScan::~DistinctScan() = default;

bool DistinctScan::open() {
  for (; at_range_ < bounds_.ranges.size(); ++at_range_) {
    if (!cursor_) {
      cursor_ =
          std::make_unique<collection::IndexCursor>(*reader_, *index_, bounds_.ranges[at_range_]);
    }
    if (!resume_.empty()) cursor_->seek(resume_);
    if (cursor_->valid()) return true;
    cursor_.reset();
  }
  return false;
}

std::optional<Record> DistinctScan::next(Operation& op) {
  while (open()) {
    op.check();
    ++counts_.works;
    const collection::EntryTypes types(cursor_->types());
    if (types.form(0) == collection::ValueForm::Missing) {
      // Behind it may stand a null, which has the same key.
      resume_ = std::string(cursor_->entry()) + '\0';
      continue;
    }
    if (auto record = give()) {
      ++counts_.advanced;
      return record;
    }
  }
  counts_.at_end = true;
  return std::nullopt;
}

std::optional<Record> DistinctScan::give() {
  const std::string_view key = cursor_->key();
  const RecordId id = cursor_->record();
  const auto told = key_document_.for_filter(key, cursor_->types());
  const std::size_t length = bson::key_length(key, components_.front().descending);
  resume_ = bson::prefix_end(key.substr(0, length));
  if (told) return Record{id, *told};
  std::optional<std::string> document =
      collection::get_document(*reader_, store_, *collection_, id);
  if (!document) return std::nullopt;
  ++documents_;
  document_ = std::move(*document);
  return Record{id, bson::View(document_)};
}

void DistinctScan::save() {
  cursor_.reset();
  ++counts_.saves;
}

void DistinctScan::restore(const storage::Reader& reader) {
  reader_ = &reader;
  ++counts_.restores;
}

void DistinctScan::explain(StageText& out) const {
  out.stage("DISTINCT_SCAN", counts_);
  add_index(out.out(), *index_, components_);
  out.out().add("direction", direction_name(storage::Direction::Forward));
  add_bounds(out.out(), components_, bounds_.sets);
  if (out.with_counts()) out.out().add("keysExamined", counts_.works);
}

namespace {

bool is_exact(const Candidate& candidate, const Demands& demands) {
  const auto& enforced = candidate.bounds.enforced;
  return candidate.bounds.used <= 1 &&
         std::all_of(demands.parts.begin(), demands.parts.end(), [&](const auto* part) {
           return std::find(enforced.begin(), enforced.end(), part) != enforced.end();
         });
}

/// Every document with a value there has an entry.
bool holds_values(const Candidate& candidate, const Demands& demands,
                  const AccessRequest& request) {
  if (candidate.index->partial == nullptr && request.filter.always_true()) return true;
  return holds_all(candidate, demands, request);
}

}  // namespace

RecordSourcePtr plan_distinct(const AccessRequest& request) {
  if (!request.rules.indexes || !request.rules.entries) return nullptr;
  const std::string path(request.distinct);
  const Demands demands = demands_of(parts_of(request.filter.root()), request.rules);
  for (const catalog::IndexPtr& index : request.collection->indexes) {
    if (!index->ready() || index->kind != catalog::IndexKind::Ordered) continue;
    if (index->parts.front().path != path || !KeyDocument::possible(*index, {path})) continue;
    if (index->has_cut_keys() || index->collation != nullptr || request.collation != nullptr)
      continue;
    Candidate candidate = make_candidate(index, components_of(*index), demands.conjuncts, request);
    const bool exact = request.filter.always_true() || is_exact(candidate, demands);
    if (!exact || !holds_values(candidate, demands, request)) continue;
    return std::make_unique<DistinctScan>(request.store, request.collection, index,
                                          std::move(candidate.components),
                                          std::move(candidate.bounds));
  }
  return nullptr;
}

}  // namespace freshet::pipeline
