// SPDX-License-Identifier: Apache-2.0
// createIndexes: publish as building (all later writers maintain it), fill in per chunk of record
// ids while reads and writes go on, publish as ready.
#pragma once

#include <cstddef>
#include <vector>

#include "base/operation.h"
#include "bson/view.h"
#include "catalog/ddl.h"
#include "collection/data.h"

namespace freshet::collection {

struct CreateIndexesResult {
  storage::Position position;
  std::size_t indexes_before = 0;
  std::size_t indexes_after = 0;
  bool created_collection = false;
  bool all_existed = false;  ///< reply has note: "all indexes already exist"
};

/// `specs`: the elements of createIndexes.indexes. Blocks until built; runs on a worker. Throws
/// DuplicateKey (11000) when a unique index cannot be, CannotIndexParallelArrays (171), and what
/// the specifications deserve; nothing is left behind then.
CreateIndexesResult create_indexes(Data& data, Operation& op, const model::Namespace& ns,
                                   const std::vector<bson::View>& specs);

}  // namespace freshet::collection
