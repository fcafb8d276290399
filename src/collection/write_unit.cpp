// SPDX-License-Identifier: Apache-2.0
#include "collection/write_unit.h"

#include <utility>

namespace freshet::collection {

WriteUnit::WriteUnit(commit::CommitLayer& commits, const catalog::Catalog& catalog,
                     commit::ReadPoint point)
    : commits_(&commits), transaction_(commits.begin(point)), state_(catalog.at(transaction_)) {}

void WriteUnit::count(const catalog::CollectionDefinition& collection, std::int64_t documents,
                      std::int64_t bytes) {
  counts_.push_back({collection.runtime, documents, bytes});
}

void WriteUnit::stores_arrays(const catalog::IndexDefinition& index, std::size_t component,
                              std::uint32_t parts) {
  shapes_.push_back({index.runtime, component, parts, false});
}

void WriteUnit::stores_cut(const catalog::IndexDefinition& index) {
  shapes_.push_back({index.runtime, 0, 0, true});
}

WriteUnit::Savepoint WriteUnit::savepoint() {
  return {transaction_.savepoint(), counts_.size(), shapes_.size()};
}

void WriteUnit::rollback_to(const Savepoint& savepoint) {
  transaction_.rollback_to(savepoint.transaction);
  counts_.resize(savepoint.counts);
  shapes_.resize(savepoint.shapes);
}

void WriteUnit::applied() const {
  for (const Count& count : counts_) {
    count.runtime->documents += count.documents;
    count.runtime->bytes += count.bytes;
  }
  for (const Shape& shape : shapes_) {
    shape.runtime->stored.arrays[shape.component] |= shape.parts;
    if (shape.cut) shape.runtime->stored.cut = true;
  }
}

commit::CommitResult WriteUnit::commit() {
  enqueue();
  return finish();
}

void WriteUnit::enqueue() {
  if (transaction_.empty()) return;
  auto then = [this](const std::vector<storage::Position>&, storage::Position) { applied(); };
  queued_ = commits_->enqueue(std::move(transaction_), std::move(then), commit::Grouping::Anywhere);
}

commit::CommitResult WriteUnit::finish() {
  if (!queued_) return {commit::CommitStatus::Committed, commits_->applied()};
  return queued_->finish();
}

}  // namespace freshet::collection
