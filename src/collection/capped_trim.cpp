// SPDX-License-Identifier: Apache-2.0
#include "collection/capped_trim.h"

#include "catalog/ddl_commit.h"

namespace freshet::collection {
namespace {

constexpr std::size_t kChunk = 1'000;

enum class ChunkOutcome { Again, Finished };

ChunkOutcome trim_chunk(Data& data, std::uint64_t collection_id) {
  WriteUnit unit = data.begin();
  catalog::CollectionPtr collection = unit.catalog().find_by_id(collection_id);
  if (collection == nullptr || !collection->capped) return ChunkOutcome::Finished;
  bool more = false;
  Writer writer(unit, std::move(collection), data.write_context());
  const WriteStatus status = writer.trim_capped(kChunk, more);
  // Who else writes there trims too.
  if (status != WriteStatus::Done) return ChunkOutcome::Finished;
  const commit::CommitResult result = unit.commit();
  if (result.status == commit::CommitStatus::StaleCatalog) return ChunkOutcome::Again;
  catalog::check_committed(result);
  return more ? ChunkOutcome::Again : ChunkOutcome::Finished;
}

}  // namespace

void trim_capped(Data& data, std::uint64_t collection_id, Operation& op) {
  while (trim_chunk(data, collection_id) == ChunkOutcome::Again)
    op.check_now();
}

}  // namespace freshet::collection
