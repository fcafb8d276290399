// SPDX-License-Identifier: Apache-2.0
#include "command/collection_sizes.h"

#include "collection/data.h"

namespace freshet::command {

std::int64_t index_bytes(const CommandContext& context, const catalog::IndexDefinition& index) {
  return static_cast<std::int64_t>(context.services.data.store().approximate_bytes(index.space(), {}));
}

CollectionSizes collection_sizes(const CommandContext& context, const catalog::CollectionDefinition& collection) {
  CollectionSizes out;
  if (collection.is_view()) return out;
  if (collection.is_oplog()) {
    out.storage_bytes = static_cast<std::int64_t>(context.services.data.store().log_bytes());
    out.data_bytes = out.storage_bytes;
    return out;
  }
  out.documents = collection.runtime->documents.load();
  out.data_bytes = collection.runtime->bytes.load();
  out.storage_bytes =
      static_cast<std::int64_t>(context.services.data.store().approximate_bytes(collection.space(), {}));
  for (const catalog::IndexPtr& index : collection.indexes) out.index_bytes += index_bytes(context, *index);
  return out;
}

std::int64_t database_bytes(const CommandContext& context, const catalog::CatalogState& catalog, std::string_view db) {
  std::int64_t sum = 0;
  for (const catalog::CollectionPtr& collection : catalog.collections(db)) {
    const CollectionSizes sizes = collection_sizes(context, *collection);
    sum += sizes.storage_bytes + sizes.index_bytes;
  }
  return sum;
}

}  // namespace freshet::command
