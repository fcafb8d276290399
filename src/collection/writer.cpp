// SPDX-License-Identifier: Apache-2.0
#include "collection/writer.h"

#include <utility>

#include "base/error.h"
#include "base/invariant.h"
#include "base/log.h"
#include "bson/builder.h"
#include "catalog/time_series.h"
#include "collection/capped.h"
#include "collection/index_writer.h"
#include "collection/insert_form.h"
#include "query/validation_failure.h"

namespace freshet::collection {
namespace {

constexpr ErrorCode kUpdatedDocumentTooLarge = location(17419);

WriteOutcome failed(WriteStatus status) {
  return {status, {}, nullptr};
}

std::int64_t size_of(bson::View document) {
  return document.size_bytes();
}

}  // namespace

Writer::Writer(WriteUnit& unit, catalog::CollectionPtr collection, WriteContext context)
    : unit_(unit), collection_(std::move(collection)), context_(std::move(context)) {
  if (collection_->is_oplog()) {
    raise(ErrorCode::InvalidNamespace, "cannot write to {}", collection_->full_name);
  }
  if (collection_->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
          collection_->full_name);
  }
  if (unit_.defines(collection_->id)) return;  // nobody else can change it
  unit_.transaction().depends_on(catalog::dependency_on(*collection_));
}

oplog::EntryContext Writer::entry_context() const {
  return {.term = context_.term,
          .wall_ms = context_.wall_ms,
          .lsid = context_.lsid ? &*context_.lsid : nullptr,
          .txn_number = context_.txn_number,
          .stmt_id = context_.stmt_id};
}

void Writer::check_validator(bson::View document, const bson::View* before) const {
  const auto& matcher = collection_->validator_matcher;
  if (matcher == nullptr || context_.bypass_validation) return;
  if (collection_->validation_level == catalog::ValidationLevel::Off) return;
  if (matcher->matches(document)) return;
  const bool moderate = collection_->validation_level == catalog::ValidationLevel::Moderate;
  if (moderate && before != nullptr && !matcher->matches(*before)) return;
  if (collection_->validation_action == catalog::ValidationAction::Warn) {
    if (context_.logger == nullptr) return;
    context_.logger->write(Severity::Warning, "STORAGE", "Document would fail validation",
                           {{"namespace", collection_->full_name}});
    return;
  }
  bson::Builder info;
  info.open_document("errInfo");
  info.add("failingDocumentId", document["_id"].value());
  info.open_document("details");
  const query::QueryContext query{.collation = collection_->collation.get(),
                                  .now_ms = context_.wall_ms};
  query::describe_validation_failure(bson::View(collection_->validator), document, query, info);
  info.close().close();
  throw Error(ErrorCode::DocumentValidationFailure, "Document failed validation")
      .with_extra(info.take());
}

RecordId Writer::next_record_id() {
  std::atomic<std::uint64_t>& next = collection_->runtime->next_record_id;
  if (next.load() == 0) {
    // Since the start nobody inserted: every snapshot shows the last record. Who comes second finds
    // the number set.
    const auto scan =
        unit_.transaction().scan(collection_->space(), {}, storage::Direction::Backward);
    std::uint64_t none = 0;
    const std::uint64_t first = scan->valid() ? value_of(record_id_of(scan->key())) + 1 : 1;
    next.compare_exchange_strong(none, first);
  }
  return RecordId{next.fetch_add(1)};
}

WriteStatus Writer::put_new(bson::View document, RecordId& id) {
  if (collection_->capped) return put_new_capped(document, id);
  id = next_record_id();
  unit_.transaction().put_unshared(collection_->space(), record_key(id), document.to_string());
  unit_.count(*collection_, 1, size_of(document));
  return WriteStatus::Done;
}

WriteStatus Writer::put_new_capped(bson::View document, RecordId& id) {
  commit::Transaction& transaction = unit_.transaction();
  if (size_of(document) > collection_->capped_bytes) {
    raise(ErrorCode::BadValue, "document of {} bytes is larger than the capped collection's {}",
          document.size_bytes(), collection_->capped_bytes);
  }
  const WriteStatus held = status_of(CappedState::hold(transaction, collection_->id));
  if (held != WriteStatus::Done) return held;
  CappedState state = CappedState::load(transaction, *collection_);
  id = RecordId{++state.last_record};
  transaction.put_unshared(collection_->space(), record_key(id), document.to_string());
  ++state.documents;
  state.bytes += size_of(document);
  unit_.count(*collection_, 1, size_of(document));
  while (state.documents > 1 && state.over(*collection_)) {
    const WriteStatus status = evict_oldest(state);
    if (status != WriteStatus::Done) return status;
  }
  return status_of(state.save(transaction, collection_->id));
}

WriteStatus Writer::trim_capped(std::size_t count_max, bool& more) {
  commit::Transaction& transaction = unit_.transaction();
  const WriteStatus held = status_of(CappedState::hold(transaction, collection_->id));
  if (held != WriteStatus::Done) return held;
  CappedState state = CappedState::load(transaction, *collection_);
  std::size_t evicted = 0;
  for (; evicted < count_max && state.documents > 1 && state.over(*collection_); ++evicted) {
    const WriteStatus status = evict_oldest(state);
    if (status != WriteStatus::Done) return status;
  }
  more = evicted == count_max;
  return status_of(state.save(transaction, collection_->id));
}

// What a cap pushes out is not in the log, as in MongoDB: readers of the log apply the same cap.
WriteStatus Writer::evict_oldest(CappedState& state) {
  commit::Transaction& transaction = unit_.transaction();
  std::string key;
  std::string document;
  {
    const auto scan =
        transaction.scan(collection_->space(), {record_key(RecordId{state.first_record}), {}},
                         storage::Direction::Forward);
    invariant(scan->valid(), "a capped collection holds what its state says");
    key = scan->key();
    document = scan->value();
  }
  const RecordId id = record_id_of(key);
  const WriteStatus erased = status_of(transaction.erase(collection_->space(), key));
  if (erased != WriteStatus::Done) return erased;
  for (const catalog::IndexPtr& index : collection_->indexes) {
    const WriteOutcome outcome = remove_index_keys(unit_, *index, bson::View(document), id);
    if (!outcome.done()) return outcome.status;
  }
  const auto freed = static_cast<std::int64_t>(document.size());
  state.first_record = value_of(id) + 1;
  --state.documents;
  state.bytes -= freed;
  unit_.count(*collection_, -1, -freed);
  return WriteStatus::Done;
}

WriteStatus Writer::resize_capped(std::int64_t documents, std::int64_t bytes) {
  if (!collection_->capped || (documents == 0 && bytes == 0)) return WriteStatus::Done;
  commit::Transaction& transaction = unit_.transaction();
  const WriteStatus held = status_of(CappedState::hold(transaction, collection_->id));
  if (held != WriteStatus::Done) return held;
  CappedState state = CappedState::load(transaction, *collection_);
  if (state.stored) {
    state.documents += documents;
    state.bytes += bytes;
  }
  return status_of(state.save(transaction, collection_->id));
}

WriteOutcome Writer::insert(bson::View document) {
  catalog::check_time_field(*collection_, document);
  check_validator(document, nullptr);
  RecordId id{};
  const WriteStatus status = put_new(document, id);
  if (status != WriteStatus::Done) return failed(status);
  for (const catalog::IndexPtr& index : collection_->indexes) {
    WriteOutcome outcome = add_index_keys(unit_, *collection_, *index, document, id);
    if (!outcome.done()) return outcome;
  }
  if (collection_->is_logged()) {
    unit_.transaction().append(oplog::make_insert(entry_context(), entry_target(), document));
  }
  return {WriteStatus::Done, id, nullptr};
}

WriteOutcome Writer::update(RecordId id, bson::View before, const query::UpdateOutcome& outcome) {
  if (!outcome.changed) return {WriteStatus::Done, id, nullptr};
  const bson::View after(outcome.document);
  if (after.size_bytes() > kDocumentBytesMax) {
    raise(kUpdatedDocumentTooLarge, "Resulting document after update is larger than {} bytes",
          kDocumentBytesMax);
  }
  catalog::check_time_field(*collection_, after);
  check_validator(after, &before);
  WriteStatus status =
      status_of(unit_.transaction().put(collection_->space(), record_key(id), outcome.document));
  if (status != WriteStatus::Done) return failed(status);
  for (const catalog::IndexPtr& index : collection_->indexes) {
    WriteOutcome keys = update_index_keys(unit_, *collection_, *index, before, after, id);
    if (!keys.done()) return keys;
  }
  const std::int64_t grown = size_of(after) - size_of(before);
  status = resize_capped(0, grown);
  if (status != WriteStatus::Done) return failed(status);
  if (grown != 0) unit_.count(*collection_, 0, grown);
  if (!collection_->is_logged()) return {WriteStatus::Done, id, nullptr};
  unit_.transaction().append(oplog::make_update(
      entry_context(), entry_target(), bson::View(outcome.log_object), before["_id"],
      static_cast<std::int32_t>(grown), keeps_images() ? &before : nullptr));
  return {WriteStatus::Done, id, nullptr};
}

WriteOutcome Writer::remove(RecordId id, bson::View before) {
  WriteStatus status = status_of(unit_.transaction().erase(collection_->space(), record_key(id)));
  if (status != WriteStatus::Done) return failed(status);
  for (const catalog::IndexPtr& index : collection_->indexes) {
    WriteOutcome keys = remove_index_keys(unit_, *index, before, id);
    if (!keys.done()) return keys;
  }
  const std::int64_t size = size_of(before);
  status = resize_capped(-1, -size);
  if (status != WriteStatus::Done) return failed(status);
  unit_.count(*collection_, -1, -size);
  if (!collection_->is_logged()) return {WriteStatus::Done, id, nullptr};
  unit_.transaction().append(oplog::make_delete(entry_context(), entry_target(), before["_id"],
                                                static_cast<std::int32_t>(-size),
                                                keeps_images() ? &before : nullptr));
  return {WriteStatus::Done, id, nullptr};
}

}  // namespace freshet::collection
