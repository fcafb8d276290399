// SPDX-License-Identifier: Apache-2.0
// How large collections are, for listings and statistics.
#pragma once

#include <cstdint>
#include <string_view>

#include "catalog/catalog.h"
#include "command/context.h"

namespace freshet::command {

struct CollectionSizes {
  std::int64_t documents = 0;
  std::int64_t data_bytes = 0;     ///< of the documents, uncompressed
  std::int64_t storage_bytes = 0;  ///< as stored, approximately
  std::int64_t index_bytes = 0;
};

CollectionSizes collection_sizes(const CommandContext& context,
                                 const catalog::CollectionDefinition& collection);
std::int64_t index_bytes(const CommandContext& context, const catalog::IndexDefinition& index);
/// What collStats and $collStats.storageStats show. `collection` is null when it does not exist;
/// sizes are divided by `scale`.
void append_collection_stats(const CommandContext& context, const model::Namespace& ns,
                             const catalog::CollectionDefinition* collection, std::int64_t scale,
                             bson::Builder& out);
/// Documents and indexes of all collections.
std::int64_t database_bytes(const CommandContext& context, const catalog::CatalogState& catalog,
                            std::string_view db);

}  // namespace freshet::command
