// SPDX-License-Identifier: Apache-2.0
#include "command/collection_sizes.h"

#include <limits>

#include "collection/data.h"

namespace freshet::command {

std::int64_t index_bytes(const CommandContext& context, const catalog::IndexDefinition& index) {
  return static_cast<std::int64_t>(
      context.services.data.store().approximate_bytes(index.space(), {}));
}

CollectionSizes collection_sizes(const CommandContext& context,
                                 const catalog::CollectionDefinition& collection) {
  CollectionSizes out;
  if (collection.is_view()) return out;
  if (collection.is_oplog()) {
    out.storage_bytes = static_cast<std::int64_t>(context.services.data.store().log_bytes());
    out.data_bytes = out.storage_bytes;
    return out;
  }
  out.documents = collection.runtime->documents.load();
  out.data_bytes = collection.runtime->bytes.load();
  out.storage_bytes = static_cast<std::int64_t>(
      context.services.data.store().approximate_bytes(collection.space(), {}));
  for (const catalog::IndexPtr& index : collection.indexes)
    out.index_bytes += index_bytes(context, *index);
  return out;
}

namespace {

void append_bytes(bson::Builder& out, std::string_view name, std::int64_t bytes) {
  if (bytes <= std::numeric_limits<std::int32_t>::max()) {
    out.add(name, static_cast<std::int32_t>(bytes));
  } else {
    out.add(name, bytes);
  }
}

}  // namespace

void append_collection_stats(const CommandContext& context, const model::Namespace& ns,
                             const catalog::CollectionDefinition* collection, std::int64_t scale,
                             bson::Builder& out) {
  const CollectionSizes sizes =
      collection != nullptr ? collection_sizes(context, *collection) : CollectionSizes{};
  out.add("ns", ns.full());
  append_bytes(out, "size", sizes.data_bytes / scale);
  append_bytes(out, "count", sizes.documents);
  if (sizes.documents > 0) append_bytes(out, "avgObjSize", sizes.data_bytes / sizes.documents);
  out.add("numOrphanDocs", std::int32_t{0});
  append_bytes(out, "storageSize", sizes.storage_bytes / scale);
  append_bytes(out, "freeStorageSize", 0);
  out.add("capped", collection != nullptr && collection->capped);
  if (collection != nullptr && collection->capped) {
    append_bytes(out, "max", collection->capped_documents);
    append_bytes(out, "maxSize", collection->capped_bytes / scale);
  }
  out.add("nindexes",
          static_cast<std::int32_t>(collection != nullptr ? collection->indexes.size() : 0));
  append_bytes(out, "totalIndexSize", sizes.index_bytes / scale);
  append_bytes(out, "totalSize", (sizes.storage_bytes + sizes.index_bytes) / scale);
  out.open_document("indexSizes");
  if (collection != nullptr) {
    for (const catalog::IndexPtr& index : collection->indexes) {
      append_bytes(out, index->name, index_bytes(context, *index) / scale);
    }
  }
  out.close();
  out.open_array("indexBuilds").close();
  append_bytes(out, "scaleFactor", scale);
}

std::int64_t database_bytes(const CommandContext& context, const catalog::CatalogState& catalog,
                            std::string_view db) {
  std::int64_t sum = 0;
  for (const catalog::CollectionPtr& collection : catalog.collections(db)) {
    const CollectionSizes sizes = collection_sizes(context, *collection);
    sum += sizes.storage_bytes + sizes.index_bytes;
  }
  return sum;
}

}  // namespace freshet::command
