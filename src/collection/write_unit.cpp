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

void WriteUnit::stores_multikey(const catalog::IndexDefinition& index, std::uint32_t bits) {
  multikey_.push_back({index.runtime, bits});
}

WriteUnit::Savepoint WriteUnit::savepoint() {
  return {transaction_.savepoint(), counts_.size(), multikey_.size()};
}

void WriteUnit::rollback_to(const Savepoint& savepoint) {
  transaction_.rollback_to(savepoint.transaction);
  counts_.resize(savepoint.counts);
  multikey_.resize(savepoint.multikey);
}

void WriteUnit::applied() const {
  for (const Count& count : counts_) {
    count.runtime->documents += count.documents;
    count.runtime->bytes += count.bytes;
  }
  for (const Multikey& multikey : multikey_) {
    multikey.runtime->multikey_stored |= multikey.bits;
  }
}

commit::CommitResult WriteUnit::commit() {
  if (transaction_.empty()) return {commit::CommitStatus::Committed, commits_->applied()};
  const auto then = [this](const std::vector<storage::Position>&, storage::Position) { applied(); };
  return commits_->commit(std::move(transaction_), then, commit::Grouping::Anywhere);
}

}  // namespace freshet::collection
