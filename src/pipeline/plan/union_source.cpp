// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/union_source.h"

#include <utility>

#include "base/operation.h"

namespace freshet::pipeline {
namespace {

/// False when the record was seen before.
bool remember(RecordSet& seen, RecordId id, Operation& op) {
  const std::size_t before = seen.bytes();
  if (!seen.insert(id)) return false;
  op.use_memory(seen.bytes() - before);
  return true;
}

void explain_branch(StageText& out, const RecordSource& branch) {
  out.out().push_document();
  branch.explain(out);
  out.out().close();
}

void add(ExamineCounts& sum, const ExamineCounts& counts) {
  sum.keys += counts.keys;
  sum.documents += counts.documents;
}

}  // namespace

std::optional<Record> UnionSource::next(Operation& op) {
  while (at_ < branches_.size()) {
    const std::optional<Record> record = branches_[at_]->next(op);
    ++counts_.works;
    if (!record) {
      branches_[at_++]->save();
      continue;
    }
    if (!remember(seen_, record->id, op)) continue;
    ++counts_.advanced;
    return record;
  }
  counts_.at_end = true;
  return std::nullopt;
}

void UnionSource::save() {
  ++counts_.saves;
  for (const RecordSourcePtr& branch : branches_)
    branch->save();
}

void UnionSource::restore(const storage::Reader& reader) {
  ++counts_.restores;
  for (const RecordSourcePtr& branch : branches_)
    branch->restore(reader);
}

void UnionSource::explain(StageText& out) const {
  out.stage("OR", counts_);
  if (out.with_counts()) {
    const std::int64_t dropped =
        counts_.works - counts_.advanced - static_cast<std::int64_t>(branches_.size());
    out.out().add("dupsTested", counts_.works).add("dupsDropped", dropped < 0 ? 0 : dropped);
  }
  out.out().open_array("inputStages");
  for (const RecordSourcePtr& branch : branches_)
    explain_branch(out, *branch);
  out.out().close();
}

ExamineCounts UnionSource::examined() const {
  ExamineCounts sum;
  for (const RecordSourcePtr& branch : branches_)
    add(sum, branch->examined());
  return sum;
}

void UnionSource::add_indexes(std::vector<catalog::IndexPtr>& out) const {
  for (const RecordSourcePtr& branch : branches_)
    branch->add_indexes(out);
}

MergeSource::MergeSource(std::vector<RecordSourcePtr> branches, query::SortPattern sort,
                         const bson::StringOrder* order, bool disjoint)
    : sort_(std::move(sort)), order_(order), disjoint_(disjoint) {
  for (RecordSourcePtr& branch : branches)
    branches_.push_back({std::move(branch), std::nullopt});
}

void MergeSource::advance(Branch& branch, Operation& op) {
  while (!branch.head && !branch.at_end) {
    const std::optional<Record> record = branch.source->next(op);
    if (!record) {
      branch.at_end = true;
    } else if (disjoint_ || !seen_.contains(record->id)) {
      branch.head =
          Head{sort_.key(record->document, order_), record->id, record->document.to_string()};
    }
  }
}

MergeSource::Branch* MergeSource::lowest() {
  Branch* best = nullptr;
  for (Branch& branch : branches_) {
    if (branch.head && (best == nullptr || branch.head->key < best->head->key)) best = &branch;
  }
  return best;
}

std::optional<Record> MergeSource::next(Operation& op) {
  for (;;) {
    ++counts_.works;
    for (Branch& branch : branches_)
      advance(branch, op);
    Branch* best = lowest();
    if (best == nullptr) break;
    const RecordId id = best->head->id;
    document_ = std::move(best->head->document);
    best->head.reset();
    given_ = best;
    // Two branches may have come to one record before either gave it.
    if (!disjoint_ && !remember(seen_, id, op)) continue;
    ++counts_.advanced;
    return Record{id, bson::View(document_)};
  }
  counts_.at_end = true;
  return std::nullopt;
}

void MergeSource::save() {
  ++counts_.saves;
  for (Branch& branch : branches_)
    branch.source->save();
}

void MergeSource::restore(const storage::Reader& reader) {
  ++counts_.restores;
  for (Branch& branch : branches_)
    branch.source->restore(reader);
}

void MergeSource::explain(StageText& out) const {
  out.stage("SORT_MERGE", counts_);
  out.out().open_document("sortPattern");
  for (const query::SortPattern::Part& part : sort_.parts())
    out.out().add(part.path, std::int32_t{part.descending ? -1 : 1});
  out.out().close();
  out.out().open_array("inputStages");
  for (const Branch& branch : branches_)
    explain_branch(out, *branch.source);
  out.out().close();
}

ExamineCounts MergeSource::examined() const {
  ExamineCounts sum;
  for (const Branch& branch : branches_)
    add(sum, branch.source->examined());
  return sum;
}

void MergeSource::add_indexes(std::vector<catalog::IndexPtr>& out) const {
  for (const Branch& branch : branches_)
    branch.source->add_indexes(out);
}

}  // namespace freshet::pipeline
