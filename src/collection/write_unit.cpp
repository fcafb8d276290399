// SPDX-License-Identifier: Apache-2.0
#include "collection/write_unit.h"

#include <algorithm>
#include <utility>

#include "catalog/state_builder.h"

namespace freshet::collection {

WriteUnit::WriteUnit(commit::CommitLayer& commits, const catalog::Catalog& catalog,
                     commit::ReadPoint point)
    : commits_(&commits), transaction_(commits.begin(point)), state_(catalog.at(transaction_)) {}

WriteUnit::WriteUnit(commit::CommitLayer& commits, const catalog::Catalog& catalog,
                     std::shared_ptr<const storage::Snapshot> snapshot)
    : commits_(&commits),
      transaction_(commits.begin(std::move(snapshot))),
      state_(catalog.at(transaction_)) {}

void WriteUnit::define(std::shared_ptr<catalog::CollectionDefinition> definition) {
  catalog::StateBuilder builder(*state_);
  builder.put(definition);
  const std::shared_ptr<catalog::CatalogState> state = builder.finish();
  catalog::StateBuilder::set_position(*state, state_->position());
  state_ = state;
  std::erase_if(defined_, [&](const auto& other) { return other->id == definition->id; });
  defined_.push_back(std::move(definition));
}

bool WriteUnit::defines(std::uint64_t collection_id) const {
  return std::any_of(defined_.begin(), defined_.end(),
                     [collection_id](const auto& other) { return other->id == collection_id; });
}

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

void WriteUnit::forget_savepoints() {
  transaction_.forget_savepoints();
  std::vector<Count> counts;
  counts.swap(counts_);
  for (const Count& count : counts)
    add_count(count);
}

void WriteUnit::add_count(const Count& count) {
  const auto same = std::find_if(counts_.begin(), counts_.end(), [&count](const Count& other) {
    return other.runtime == count.runtime;
  });
  if (same == counts_.end()) {
    counts_.push_back(count);
    return;
  }
  same->documents += count.documents;
  same->bytes += count.bytes;
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

commit::CommitResult WriteUnit::commit(catalog::Ddl& ddl) {
  if (defined_.empty()) return commit();
  const auto then = [this](const std::vector<storage::Position>&, storage::Position) { applied(); };
  return ddl.commit_defined(std::move(transaction_), defined_, then);
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
