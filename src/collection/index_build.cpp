// SPDX-License-Identifier: Apache-2.0
#include "collection/index_build.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/mutex.h"
#include "catalog/ddl_commit.h"
#include "collection/index_writer.h"
#include "collection/record.h"

namespace freshet::collection {
namespace {

constexpr std::size_t kChunkDocuments = 256;
constexpr std::size_t kChunkBytes = std::size_t{4} << 20;
constexpr std::chrono::milliseconds kConflictWait{50};

/// Lets a worker wait for a held key; builds run on workers.
class BlockingWaker final : public Waker {
 public:
  void wake() noexcept override {
    const MutexLock lock(mutex_);
    woken_ = true;
    condition_.notify_all();
  }
  void wait_until(std::chrono::steady_clock::time_point until) {
    const MutexLock lock(mutex_);
    while (!woken_ && condition_.wait_until(mutex_, until)) {
    }
  }

 private:
  Mutex mutex_;
  CondVar condition_;
  bool woken_ GUARDED_BY(mutex_) = false;
};

/// Fills building indexes with the documents that were there before.
class Filler {
 public:
  Filler(Data& data, Operation& op, const catalog::StartedBuild& build)
      : data_(data), op_(op), collection_id_(build.collection->id), indexes_(build.indexes) {}

  void run() {
    while (!done_) {
      op_.check_now();
      WriteUnit unit = data_.begin();
      const std::optional<RecordId> reached = chunk(unit);
      if (!reached) continue;  // again from where we were
      const commit::CommitResult result = unit.commit();
      if (result.status == commit::CommitStatus::StaleCatalog) {
        done_ = false;
        continue;
      }
      catalog::check_committed(result);
      next_ = *reached;
    }
  }

 private:
  /// Adds the keys of the next documents; gives where the chunk after it begins, or nothing when
  /// somebody was in the way.
  std::optional<RecordId> chunk(WriteUnit& unit) {
    const catalog::CollectionPtr collection = current(unit);
    commit::Transaction& transaction = unit.transaction();
    transaction.depends_on(catalog::dependency_on(*collection));
    const std::vector<std::pair<RecordId, std::string>> documents = read(unit, *collection);
    RecordId next = next_;
    for (const auto& [id, document] : documents) {
      op_.check();
      const commit::HoldOutcome held = transaction.hold(collection->space(), record_key(id));
      if (held != commit::HoldOutcome::Held) return in_the_way(unit, status_of(held));
      for (const catalog::IndexPtr& index : indexes_) {
        const WriteOutcome outcome = add_index_keys(unit, *index, bson::View(document), id);
        if (outcome.status == WriteStatus::DuplicateKey) {
          raise_duplicate_key(*collection, *outcome.duplicate);
        }
        if (!outcome.done()) return in_the_way(unit, outcome.status);
      }
      next = RecordId{value_of(id) + 1};
    }
    return next;
  }

  catalog::CollectionPtr current(const WriteUnit& unit) const {
    catalog::CollectionPtr collection = unit.catalog().find_by_id(collection_id_);
    if (collection == nullptr) {
      raise(ErrorCode::IndexBuildAborted, "the collection was dropped during the build");
    }
    for (const catalog::IndexPtr& index : indexes_) {
      const bool there =
          std::any_of(collection->indexes.begin(), collection->indexes.end(),
                      [&](const catalog::IndexPtr& other) { return other->id == index->id; });
      if (!there) {
        raise(ErrorCode::IndexBuildAborted, "the index '{}' was dropped during the build",
              index->name);
      }
    }
    return collection;
  }

  // Read first, written then: the scan would see the keys being added otherwise.
  std::vector<std::pair<RecordId, std::string>> read(
      WriteUnit& unit, const catalog::CollectionDefinition& collection) {
    std::vector<std::pair<RecordId, std::string>> documents;
    std::size_t bytes = 0;
    RecordCursor cursor(unit.transaction(), data_.store(), collection, storage::Direction::Forward,
                        {.first = next_});
    while (cursor.valid() && documents.size() < kChunkDocuments && bytes < kChunkBytes) {
      documents.emplace_back(cursor.id(), cursor.document().to_string());
      bytes += documents.back().second.size();
      cursor.next();
    }
    done_ = !cursor.valid();
    return documents;
  }

  std::optional<RecordId> in_the_way(WriteUnit& unit, WriteStatus status) {
    done_ = false;
    if (status != WriteStatus::Conflict) return std::nullopt;
    const auto waker = std::make_shared<BlockingWaker>();
    unit.transaction().wait_for_conflict(waker);
    waker->wait_until(std::chrono::steady_clock::now() + kConflictWait);
    return std::nullopt;
  }

  Data& data_;
  Operation& op_;
  const std::uint64_t collection_id_;
  const std::vector<catalog::IndexPtr>& indexes_;
  RecordId next_ = kRecordIdMin;
  bool done_ = false;
};

}  // namespace

CreateIndexesResult create_indexes(Data& data, Operation& op, const model::Namespace& ns,
                                   const std::vector<bson::View>& specs) {
  const catalog::StartedBuild started = data.ddl().start_build(ns, specs);
  CreateIndexesResult result{.position = started.position,
                             .indexes_before = started.indexes_before,
                             .indexes_after = started.indexes_after,
                             .created_collection = started.created_collection};
  if (started.indexes.empty()) {
    result.all_existed = !started.created_collection;
    return result;
  }
  try {
    Filler(data, op, started).run();
    const catalog::StartedBuild finished =
        data.ddl().finish_build(started.collection->id, started.indexes);
    result.position = finished.position;
    result.indexes_after = finished.indexes_after;
  } catch (...) {
    data.ddl().abort_build(started.collection->id, started.indexes);
    throw;
  }
  return result;
}

}  // namespace freshet::collection
