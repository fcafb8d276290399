// SPDX-License-Identifier: Apache-2.0
// convertToCapped: the collection stays where it is and gets limits; collection/capped_trim.h then
// brings it within them.
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "catalog/ddl.h"
#include "catalog/ddl_commit.h"
#include "catalog/options.h"

namespace freshet::catalog {
namespace {

void check_convertible(const CollectionDefinition& collection) {
  if (collection.is_oplog() || collection.ns.is_system()) {
    raise(ErrorCode::IllegalOperation, "cannot convert {} to capped", collection.full_name);
  }
  if (collection.clustered || collection.is_time_series()) {
    raise(ErrorCode::InvalidOptions, "a clustered or time-series collection cannot be capped");
  }
  for (const IndexPtr& index : collection.indexes) {
    if (!index->building) continue;
    raise(location(12587), "cannot convert {} while its index '{}' is built", collection.full_name,
          index->name);
  }
}

std::string with_limit(const CollectionDefinition& collection, std::int64_t size) {
  bson::Builder changes;
  changes.add("capped", true);
  if (size <= INT32_MAX) {
    changes.add("size", static_cast<std::int32_t>(size));
  } else {
    changes.add("size", size);
  }
  changes.add_null("max");
  const std::string bytes = changes.take();
  return change_options(bson::View(collection.options), bson::View(bytes));
}

}  // namespace

ConvertResult Ddl::convert_to_capped(const model::Namespace& ns, std::int64_t bytes) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  const CollectionPtr base = require_collection(change.base(), ns);
  check_convertible(*base);
  const std::int64_t size = rounded_capped_size(bytes);
  auto next = DdlCommit::copy_of(*base);
  apply_options(*next, with_limit(*base, size));
  // As in MongoDB, only the index on _id is left.
  for (const IndexPtr& index : base->indexes) {
    if (!index->is_id_index()) change.reclaim(index->space());
  }
  std::erase_if(next->indexes, [](const IndexPtr& index) { return !index->is_id_index(); });
  bson::Builder o;
  o.add("convertToCapped", ns.coll).add("size", size);
  const std::string command = o.take();
  change.put(std::move(next));
  change.append(oplog::make_command(entry_context(), ns.db, base->uuid, bson::View(command)));
  return {{commit_locked(change), true}, base->id};
}

}  // namespace freshet::catalog
