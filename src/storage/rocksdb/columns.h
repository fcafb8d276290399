// SPDX-License-Identifier: Apache-2.0
// The column families and how RocksDB is set up for each.
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "storage/rocksdb/rocksdb_store.h"
#include "storage/store.h"

namespace freshet::rocks {

/// Stored by name in the data directory: never rename.
enum class Column : std::size_t { System = 0, Log = 1, Documents = 2, Index = 3 };
inline constexpr std::size_t kColumns = 4;
/// System is RocksDB's own default family, which always is there.
inline constexpr std::array<const char*, kColumns> kColumnNames = {"default", "log", "documents",
                                                                   "index"};

/// Where the keys of a space lie.
Column column_of(storage::SpaceKind kind);

rocksdb::DBOptions database_options(const RocksdbOptions& options);
std::vector<rocksdb::ColumnFamilyDescriptor> column_descriptors(const RocksdbOptions& options);

}  // namespace freshet::rocks
