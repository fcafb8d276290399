// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/simple_sources.h"

#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "collection/index_cursor.h"
#include "pipeline/plan/index_text.h"

namespace freshet::pipeline {

CollectionScan::CollectionScan(storage::Store& store, catalog::CollectionPtr collection,
                               const query::Matcher* filter, storage::Direction direction,
                               collection::RecordRange range)
    : store_(store),
      collection_(std::move(collection)),
      filter_(filter),
      direction_(direction),
      range_(range) {}

CollectionScan::~CollectionScan() = default;

bool CollectionScan::step() {
  if (!cursor_) {
    cursor_ = std::make_unique<collection::RecordCursor>(*reader_, store_, *collection_, direction_,
                                                         range_);
    if (last_) cursor_->seek_past(*last_);
  } else if (stepped_ && cursor_->valid()) {
    cursor_->next();
  }
  stepped_ = true;
  return cursor_->valid();
}

std::optional<Record> CollectionScan::next(Operation& op) {
  while (step()) {
    op.check();
    ++counts_.works;
    last_ = cursor_->id();
    const bson::View document = cursor_->document();
    if (filter_ != nullptr && !filter_->matches(document)) continue;
    ++counts_.advanced;
    return Record{*last_, document};
  }
  counts_.at_end = true;
  return std::nullopt;
}

void CollectionScan::save() {
  cursor_.reset();
  stepped_ = false;
  ++counts_.saves;
}

// A capped collection may have dropped the record a tailing cursor stood on: what came between is
// unknown.
void CollectionScan::restore(const storage::Reader& reader) {
  reader_ = &reader;
  ++counts_.restores;
  if (!last_ || !(collection_->capped || collection_->is_oplog())) return;
  if (!collection::get_document(reader, store_, *collection_, *last_)) {
    raise(ErrorCode::CappedPositionLost,
          "the collection scan lost its position: record {} of {} was dropped",
          collection::value_of(*last_), collection_->full_name);
  }
}

void CollectionScan::explain(StageText& out) const {
  out.stage("COLLSCAN", filter_ == nullptr ? bson::View() : filter_->filter(), counts_);
  out.out().add("direction", direction_name(direction_));
  if (out.with_counts()) out.out().add("docsExamined", counts_.works);
}

IdLookup::IdLookup(storage::Store& store, catalog::CollectionPtr collection, bson::Value id,
                   const query::Matcher* filter)
    : store_(store), collection_(std::move(collection)), id_(std::move(id)), filter_(filter) {}

std::optional<Record> IdLookup::next(Operation& op) {
  op.check();
  ++counts_.works;
  counts_.at_end = true;
  if (std::exchange(done_, true)) return std::nullopt;
  const std::optional<RecordId> id = collection::find_by_id(*reader_, *collection_, id_);
  if (!id) return std::nullopt;
  ++examined_.keys;
  std::optional<std::string> document =
      collection::get_document(*reader_, store_, *collection_, *id);
  if (!document) return std::nullopt;
  ++examined_.documents;
  document_ = std::move(*document);
  if (filter_ != nullptr && !filter_->matches(bson::View(document_))) return std::nullopt;
  ++counts_.advanced;
  return Record{*id, bson::View(document_)};
}

void IdLookup::restore(const storage::Reader& reader) {
  reader_ = &reader;
  ++counts_.restores;
}

std::string IdLookup::index_key(bson::View document) const {
  bson::Builder out;
  return out.add("_id", document["_id"]).take();
}

void IdLookup::add_indexes(std::vector<catalog::IndexPtr>& out) const {
  for (const catalog::IndexPtr& index : collection_->indexes) {
    if (index->is_id_index()) out.push_back(index);
  }
}

void IdLookup::explain(StageText& out) const {
  out.stage("EXPRESS_IXSCAN", filter_ == nullptr ? bson::View() : filter_->filter(), counts_);
  out.out().add("keyPattern", "{ _id: 1 }").add("indexName", catalog::kIdIndexName);
  if (!out.with_counts()) return;
  out.out().add("keysExamined", examined_.keys).add("docsExamined", examined_.documents);
}

}  // namespace freshet::pipeline
