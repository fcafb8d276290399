// SPDX-License-Identifier: Apache-2.0
// Meta keys: "counters/position" → 8 bytes big-endian: the counters below are those of exactly this
// position. "counters/#" + collection id (8 bytes) → documents and bytes, 8 bytes big-endian each.
// What came after the position is counted again from the log.
#include "collection/data.h"

#include <utility>

#include "base/bytes.h"
#include "base/invariant.h"
#include "base/log.h"
#include "bson/key.h"
#include "catalog/ddl_commit.h"
#include "collection/capped.h"
#include "collection/retry.h"
#include "oplog/apply_ops.h"
#include "oplog/entry.h"
#include "storage/meta.h"

namespace freshet::collection {
namespace {

using storage::Position;

constexpr storage::Space kMeta{storage::SpaceKind::Meta};
constexpr std::size_t kExpiredPerCommit = 1'000;
constexpr std::string_view kPositionKey = "counters/position";
constexpr std::string_view kCountersPrefix = "counters/#";

std::string counters_key(std::uint64_t collection_id) {
  std::string key(kCountersPrefix);
  append_be64(key, collection_id);
  return key;
}

std::string number(std::uint64_t value) {
  std::string bytes;
  append_be64(bytes, value);
  return bytes;
}

std::uint64_t read_number(const storage::Reader& reader, std::string_view key) {
  const auto value = reader.get(kMeta, key);
  return value ? load_be64(value->data()) : 0;
}

}  // namespace

Data::Data(storage::Store& store, commit::CommitLayer& commits, const Clock& clock, Random& random,
           Logger& logger)
    : store_(store),
      commits_(commits),
      clock_(clock),
      random_(random),
      logger_(logger),
      object_ids_(clock, random),
      postings_(store) {
  const auto snapshot = commits_.snapshot(commit::ReadPoint::Latest);
  if (const auto identity = storage::read_identity(*snapshot)) {
    term_ = static_cast<std::int64_t>(identity->term);
  }
  catalog_.load(*snapshot);
  commits_.set_catalog_check(&catalog_);
  commits_.set_group_observer(&postings_);
  ddl_ = std::make_unique<catalog::Ddl>(commits_, catalog_, clock_, random_, term_);
  recover_counters();
  ddl_->abort_unfinished_builds();
}

Data::~Data() {
  commits_.set_catalog_check(nullptr);
  commits_.set_group_observer(nullptr);
}

std::int64_t Data::begin_term() {
  const std::int64_t term = term_.load() + 1;
  const storage::Change change = storage::term_change(static_cast<std::uint64_t>(term));
  commit::Transaction transaction = commits_.begin();
  transaction.put_unshared(change.space, change.key, change.value);
  catalog::check_committed(commits_.commit(std::move(transaction)));
  term_ = term;
  ddl_->set_term(term);
  note_new_primary();
  return term;
}

void Data::note_new_primary() {
  bson::Builder note;
  note.add("msg", "new primary");
  const std::string entry = note.take();
  commits_.request_flush(ddl_->note(bson::View(entry)).position);
}

WriteContext Data::write_context() const {
  WriteContext context;
  context.wall_ms = clock_.wall_ms();
  context.term = term_;
  context.keep_images = keep_images_;
  context.logger = &logger_;
  return context;
}

void Data::recover_counters() {
  const auto snapshot = commits_.snapshot(commit::ReadPoint::Latest);
  const Position after(read_number(*snapshot, kPositionKey));
  for (const catalog::CollectionPtr& collection : catalog_.latest()->all()) {
    catalog::CollectionRuntime& runtime = *collection->runtime;
    if (collection->capped) {  // its own state is exact, and caps are not in the log
      const CappedState state = CappedState::load(*snapshot, *collection);
      runtime.documents = state.documents;
      runtime.bytes = state.bytes;
    } else if (const auto stored = snapshot->get(kMeta, counters_key(collection->id))) {
      runtime.documents = static_cast<std::int64_t>(load_be64(stored->data()));
      runtime.bytes = static_cast<std::int64_t>(load_be64(stored->data() + 8));
    }
  }
  {
    const MutexLock lock(mutex_);
    checkpoint_ = after;
  }
  fold_log(after);
}

void Data::fold_log(Position after) {
  const catalog::StatePtr state = catalog_.latest();
  const auto cursor = store_.read_log(after);
  while (const auto record = cursor->next()) {
    oplog::OperationReader operations(oplog::EntryView::parse(record->bytes));
    while (const auto operation = operations.next())
      fold_operation(*state, *operation);
  }
}

void Data::fold_operation(const catalog::CatalogState& state, const oplog::EntryView& operation) {
  if (operation.kind == oplog::OpKind::Command || operation.kind == oplog::OpKind::Noop) return;
  const auto uuid = operation.uuid();
  const catalog::CollectionPtr collection = uuid ? state.find_by_uuid(*uuid) : nullptr;
  if (collection == nullptr || collection->capped) return;
  catalog::CollectionRuntime& runtime = *collection->runtime;
  if (operation.kind == oplog::OpKind::Insert) {
    ++runtime.documents;
    runtime.bytes += operation.o.size_bytes();
  } else {
    if (operation.kind == oplog::OpKind::Delete) --runtime.documents;
    runtime.bytes += operation.bytes;
  }
}

// Inside the sequencer, so that the counters are those of one position.
Data::CountersById Data::count_now(Position& at) {
  CountersById counters;
  const auto capture = [&](const std::vector<Position>&, Position position) {
    at = position;
    for (const catalog::CollectionPtr& collection : catalog_.latest()->all()) {
      if (collection->is_view() || collection->capped) continue;
      counters[collection->id] = {collection->runtime->documents, collection->runtime->bytes};
    }
  };
  catalog::check_committed(commits_.commit(commits_.begin(), capture));
  return counters;
}

void Data::checkpoint() {
  Position at;
  const CountersById counters = count_now(at);
  const MutexLock lock(mutex_);
  if (at <= checkpoint_) return;
  commit::Transaction transaction = commits_.begin();
  for (const auto& [id, counted] : counters) {
    const auto stored = stored_.find(id);
    if (stored != stored_.end() && stored->second == counted) continue;
    std::string value = number(static_cast<std::uint64_t>(counted.documents));
    append_be64(value, static_cast<std::uint64_t>(counted.bytes));
    transaction.put_unshared(kMeta, counters_key(id), std::move(value));
  }
  for (const auto& [id, counted] : stored_) {
    if (counters.count(id) == 0) {
      static_cast<void>(transaction.erase(kMeta, counters_key(id)));
    }
  }
  transaction.put_unshared(kMeta, std::string(kPositionKey), number(at.value()));
  catalog::check_committed(commits_.commit(std::move(transaction)));
  checkpoint_ = at;
  stored_ = counters;
}

std::size_t Data::expire_retries(std::int64_t before_ms) {
  std::size_t expired = 0;
  for (;;) {
    commit::Transaction transaction = commits_.begin();
    const std::size_t some = expire_retry_records(transaction, before_ms, kExpiredPerCommit);
    if (some == 0) return expired;
    catalog::check_committed(commits_.commit(std::move(transaction)));
    expired += some;
  }
}

Position Data::checkpoint_position() const {
  const MutexLock lock(mutex_);
  return checkpoint_;
}

}  // namespace freshet::collection
