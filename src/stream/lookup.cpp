// SPDX-License-Identifier: Apache-2.0
#include "stream/lookup.h"

#include "base/operation.h"
#include "catalog/catalog.h"
#include "catalog/history.h"
#include "collection/index_cursor.h"
#include "collection/record.h"
#include "storage/commit/commit_layer.h"

namespace freshet::stream {

std::optional<std::string> CollectionLookup::find(const model::Namespace& ns,
                                                  const std::optional<model::Uuid>& uuid,
                                                  bool uuid_only, bson::View document_key,
                                                  Operation& op) {
  op.check();
  const auto snapshot = commits_.snapshot(commit::ReadPoint::Visible);
  const catalog::StatePtr state = catalog_.at(*snapshot);
  catalog::CollectionPtr collection = uuid ? state->find_by_uuid(*uuid) : nullptr;
  if (!collection && !uuid_only) collection = state->find(ns);
  if (!collection || collection->is_view()) return std::nullopt;
  const auto record = collection::find_by_id(*snapshot, *collection, document_key["_id"].value());
  if (!record) return std::nullopt;
  return collection::get_document(*snapshot, store_, *collection, *record);
}

bool CollectionLookup::is_view(const model::Namespace& ns) {
  const catalog::CollectionPtr collection = catalog_.latest()->find(ns);
  return collection && collection->is_view();
}

bool CollectionLookup::shows_image(const oplog::EntryView& entry) {
  return ages_.shows(entry);
}

}  // namespace freshet::stream
