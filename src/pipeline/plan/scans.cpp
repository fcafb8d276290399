// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/scans.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "bson/builder.h"

namespace freshet::pipeline {
namespace {

std::string_view direction_name(storage::Direction direction) {
  return direction == storage::Direction::Forward ? "forward" : "backward";
}

}  // namespace

CollectionScan::CollectionScan(storage::Store& store, catalog::CollectionPtr collection,
                               storage::Direction direction, collection::RecordRange range)
    : store_(store), collection_(std::move(collection)), direction_(direction), range_(range) {}

CollectionScan::~CollectionScan() = default;

std::optional<Record> CollectionScan::next(Operation& op) {
  op.check();
  if (!cursor_) {
    cursor_ = std::make_unique<collection::RecordCursor>(*reader_, store_, *collection_, direction_,
                                                         range_);
    if (last_) cursor_->seek_past(*last_);
  } else if (stepped_ && cursor_->valid()) {
    cursor_->next();
  }
  stepped_ = true;
  if (!cursor_->valid()) return std::nullopt;
  last_ = cursor_->id();
  ++examined_;
  return Record{*last_, cursor_->document()};
}

void CollectionScan::save() {
  cursor_.reset();
  stepped_ = false;
}

// A capped collection may have dropped the record a tailing cursor stood on: what came between is
// unknown.
void CollectionScan::restore(const storage::Reader& reader) {
  reader_ = &reader;
  if (!last_ || !(collection_->capped || collection_->is_oplog())) return;
  if (!collection::get_document(reader, store_, *collection_, *last_)) {
    raise(ErrorCode::CappedPositionLost,
          "the collection scan lost its position: record {} of {} was dropped",
          collection::value_of(*last_), collection_->full_name);
  }
}

void CollectionScan::explain(bson::Builder& out) const {
  out.add("stage", "COLLSCAN").add("direction", direction_name(direction_));
}

IndexScan::IndexScan(storage::Store& store, catalog::CollectionPtr collection,
                     catalog::IndexPtr index, std::vector<storage::KeyRange> ranges,
                     storage::Direction direction, std::string bounds)
    : store_(store),
      collection_(std::move(collection)),
      index_(std::move(index)),
      ranges_(std::move(ranges)),
      direction_(direction),
      bounds_(std::move(bounds)),
      may_repeat_(index_->multikey()) {}

IndexScan::~IndexScan() = default;

const storage::KeyRange& IndexScan::range() const {
  return direction_ == storage::Direction::Forward ? ranges_[at_range_]
                                                   : ranges_[ranges_.size() - 1 - at_range_];
}

// Opens the current range behind the last entry; false when every range is done.
bool IndexScan::open_range() {
  while (at_range_ < ranges_.size()) {
    if (!cursor_) {
      cursor_ = std::make_unique<collection::IndexCursor>(*reader_, *index_, range(), direction_);
      if (!last_entry_.empty()) cursor_->seek_past(last_entry_);
    } else if (stepped_) {
      cursor_->next();
    }
    stepped_ = true;
    if (cursor_->valid()) return true;
    cursor_.reset();
    last_entry_.clear();
    stepped_ = false;
    ++at_range_;
  }
  return false;
}

std::optional<Record> IndexScan::next(Operation& op) {
  while (open_range()) {
    op.check();
    ++examined_.keys;
    last_entry_ = cursor_->entry();
    const RecordId id = cursor_->record();
    // An index that became multikey under an open cursor may repeat records too: cheap to be sure
    // once it is.
    if (may_repeat_ || index_->multikey()) {
      if (!seen_.insert(collection::value_of(id)).second) continue;
      op.use_memory(sizeof(std::uint64_t) * 4);
    }
    std::optional<std::string> document =
        collection::get_document(*reader_, store_, *collection_, id);
    if (!document) continue;
    ++examined_.documents;
    document_ = std::move(*document);
    return Record{id, bson::View(document_)};
  }
  return std::nullopt;
}

void IndexScan::save() {
  cursor_.reset();
  stepped_ = false;
}

void IndexScan::restore(const storage::Reader& reader) {
  reader_ = &reader;
}

void IndexScan::explain(bson::Builder& out) const {
  out.add("stage", "FETCH").open_document("inputStage");
  out.add("stage", "IXSCAN")
      .add("keyPattern", index_->key_pattern())
      .add("indexName", index_->name);
  out.add("isMultiKey", index_->multikey())
      .add("isUnique", index_->unique)
      .add("isSparse", index_->sparse);
  out.add("isPartial", index_->partial != nullptr).add("indexVersion", std::int32_t{2});
  out.add("direction", direction_name(direction_)).add("indexBounds", bson::View(bounds_));
  out.close();
}

IdLookup::IdLookup(storage::Store& store, catalog::CollectionPtr collection, bson::Value id)
    : store_(store), collection_(std::move(collection)), id_(std::move(id)) {}

std::optional<Record> IdLookup::next(Operation& op) {
  op.check();
  if (std::exchange(done_, true)) return std::nullopt;
  ++examined_.keys;
  const std::optional<RecordId> id = collection::find_by_id(*reader_, *collection_, id_);
  if (!id) return std::nullopt;
  std::optional<std::string> document =
      collection::get_document(*reader_, store_, *collection_, *id);
  if (!document) return std::nullopt;
  ++examined_.documents;
  document_ = std::move(*document);
  return Record{*id, bson::View(document_)};
}

void IdLookup::explain(bson::Builder& out) const {
  out.add("stage", "EXPRESS_IXSCAN").add("keyPattern", "{ _id: 1 }").add("indexName", "_id_");
}

void EmptySource::explain(bson::Builder& out) const {
  out.add("stage", "EOF");
}

std::optional<Record> UnionSource::next(Operation& op) {
  while (at_ < branches_.size()) {
    const std::optional<Record> record = branches_[at_]->next(op);
    if (!record) {
      branches_[at_++]->save();
      continue;
    }
    if (!seen_.insert(collection::value_of(record->id)).second) continue;
    op.use_memory(sizeof(std::uint64_t) * 4);
    return record;
  }
  return std::nullopt;
}

void UnionSource::save() {
  for (const RecordSourcePtr& branch : branches_)
    branch->save();
}

void UnionSource::restore(const storage::Reader& reader) {
  for (const RecordSourcePtr& branch : branches_)
    branch->restore(reader);
}

void UnionSource::explain(bson::Builder& out) const {
  out.add("stage", "SUBPLAN")
      .open_document("inputStage")
      .add("stage", "OR")
      .open_array("inputStages");
  for (const RecordSourcePtr& branch : branches_) {
    out.push_document();
    branch->explain(out);
    out.close();
  }
  out.close().close();
}

ExamineCounts UnionSource::examined() const {
  ExamineCounts sum;
  for (const RecordSourcePtr& branch : branches_) {
    sum.keys += branch->examined().keys;
    sum.documents += branch->examined().documents;
  }
  return sum;
}

std::optional<Record> FilteredSource::next(Operation& op) {
  while (std::optional<Record> record = source_->next(op)) {
    if (filter_.matches(record->document)) return record;
  }
  return std::nullopt;
}

void FilteredSource::explain(bson::Builder& out) const {
  source_->explain(out);
  if (!filter_.always_true()) out.add("filter", filter_.filter());
}

}  // namespace freshet::pipeline
