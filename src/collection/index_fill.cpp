// SPDX-License-Identifier: Apache-2.0
#include "collection/index_fill.h"

#include <chrono>
#include <memory>

#include "base/error.h"
#include "catalog/ddl_commit.h"
#include "collection/blocking_waker.h"
#include "collection/index_writer.h"
#include "collection/record.h"

namespace freshet::collection {
namespace {

constexpr std::size_t kChunkDocuments = 256;
constexpr std::size_t kChunkBytes = std::size_t{4} << 20;
constexpr std::chrono::milliseconds kConflictWait{50};
constexpr const char* kScanning = "Index Build: scanning collection";
constexpr const char* kFinishing = "Index Build: making it ready";

}  // namespace

IndexFill::IndexFill(Data& data, catalog::StartedBuild build)
    : data_(data), build_(std::move(build)) {}

IndexFill::~IndexFill() {
  if (!finished_.done) take_back();
}

// When this fails (the server ends), the next start takes the build back.
void IndexFill::take_back() noexcept {
  try {
    data_.ddl().abort_build(build_.collection->id, build_.indexes);
  } catch (const Error&) {
    return;
  }
}

IndexFill::Step IndexFill::step(Operation& op) {
  op.check_now();
  conflict_key_.clear();
  const Step step = filled_all_ ? finish(op) : fill(op);
  if (step == Step::Done) op.report({});
  return step;
}

void IndexFill::wait(WakerPtr waker) {
  data_.commits().wait_released(conflict_key_, std::move(waker));
}

IndexFill::Step IndexFill::fill(Operation& op) {
  WriteUnit unit = data_.begin();
  const std::optional<Reached> reached = chunk(unit, op);
  // Again from where we were, at once or when nobody is in the way any more.
  if (!reached) return conflict_key_.empty() ? Step::More : Step::Wait;
  const commit::CommitResult result = unit.commit();
  if (result.status == commit::CommitStatus::StaleCatalog) return Step::More;
  catalog::check_committed(result);
  next_ = reached->next;
  filled_ += reached->documents;
  filled_all_ = at_end_;
  return Step::More;
}

IndexFill::Step IndexFill::finish(Operation& op) {
  op.report({kFinishing, 0, 0});
  finished_ = data_.ddl().finish_build(build_.collection->id, build_.indexes);
  if (finished_.done) return Step::Done;
  conflict_key_ = finished_.conflict_key;
  return conflict_key_.empty() ? Step::More : Step::Wait;
}

// Adds the keys of the next documents; gives where the chunk after it begins, or nothing when
// somebody was in the way.
std::optional<IndexFill::Reached> IndexFill::chunk(WriteUnit& unit, Operation& op) {
  const catalog::CollectionPtr collection = current(unit);
  op.report({kScanning, filled_, collection->runtime->documents.load()});
  commit::Transaction& transaction = unit.transaction();
  transaction.depends_on(catalog::dependency_on(*collection));
  const std::vector<std::pair<RecordId, std::string>> documents = read(unit, *collection);
  RecordId next = next_;
  for (const auto& [id, document] : documents) {
    op.check();
    const commit::HoldOutcome held = transaction.hold(collection->space(), record_key(id));
    if (held != commit::HoldOutcome::Held) return in_the_way(unit, status_of(held));
    for (const catalog::IndexPtr& index : build_.indexes) {
      const WriteOutcome outcome = fill_index_keys(unit, *index, bson::View(document), id);
      if (outcome.status == WriteStatus::DuplicateKey) {
        raise_duplicate_key(*collection, *outcome.duplicate);
      }
      if (!outcome.done()) return in_the_way(unit, outcome.status);
    }
    next = RecordId{value_of(id) + 1};
  }
  return Reached{next, static_cast<std::int64_t>(documents.size())};
}

catalog::CollectionPtr IndexFill::current(const WriteUnit& unit) const {
  catalog::CollectionPtr collection = unit.catalog().find_by_id(build_.collection->id);
  if (collection == nullptr) {
    raise(ErrorCode::IndexBuildAborted, "the collection was dropped during the build");
  }
  for (const catalog::IndexPtr& index : build_.indexes) {
    if (collection->index_by_id(index->id) == nullptr) {
      raise(ErrorCode::IndexBuildAborted, "the index '{}' was dropped during the build",
            index->name);
    }
  }
  return collection;
}

// Read first, written then: the scan would see the keys being added otherwise.
std::vector<std::pair<RecordId, std::string>> IndexFill::read(
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
  at_end_ = !cursor.valid();
  return documents;
}

std::optional<IndexFill::Reached> IndexFill::in_the_way(WriteUnit& unit, WriteStatus status) {
  if (status == WriteStatus::Conflict) conflict_key_ = unit.transaction().conflict_key();
  return std::nullopt;
}

catalog::FinishedBuild fill_indexes(Data& data, Operation& op, catalog::StartedBuild build) {
  IndexFill fill(data, std::move(build));
  for (;;) {
    const IndexFill::Step step = fill.step(op);
    if (step == IndexFill::Step::Done) return fill.result();
    if (step != IndexFill::Step::Wait) continue;
    const auto waker = std::make_shared<BlockingWaker>();
    fill.wait(waker);
    waker->wait(kConflictWait);
  }
}

}  // namespace freshet::collection
