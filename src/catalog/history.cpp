// SPDX-License-Identifier: Apache-2.0
#include "catalog/history.h"

namespace freshet::catalog {

oplog::MinimumAge minimum_age(const CatalogState& state) {
  oplog::MinimumAge longest;
  for (const CollectionPtr& collection : state.all()) {
    if (collection->history_min_ms <= longest.ms) continue;
    longest = {.ms = collection->history_min_ms, .ns = collection->full_name};
  }
  return longest;
}

bool ImageAges::shows(const oplog::EntryView& entry) const {
  if (entry.wall_ms < oldest_wall_ms()) return false;
  const auto uuid = entry.uuid();
  const CollectionPtr collection = uuid ? catalog_.latest()->find_by_uuid(*uuid) : nullptr;
  return !collection || entry.wall_ms >= oldest_wall_ms(*collection);
}

std::int64_t ImageAges::oldest_wall_ms() const {
  const auto seconds = policy_.expire_after_seconds();
  return seconds ? clock_.wall_ms() - *seconds * 1'000 : 0;
}

std::int64_t ImageAges::oldest_wall_ms(const CollectionDefinition& collection) const {
  return collection.image_age_ms == 0 ? 0 : clock_.wall_ms() - collection.image_age_ms;
}

}  // namespace freshet::catalog
