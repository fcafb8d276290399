// SPDX-License-Identifier: Apache-2.0
#include "storage/rocksdb/columns.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>

namespace freshet::rocks {
namespace {

constexpr double kFilterBitsPerKey = 10;

struct Fit {
  std::size_t block_bytes;
  bool filter;                  // point reads of keys that may not be there
  std::size_t buffer_part = 1;  // of write_buffer_bytes_max
};

rocksdb::ColumnFamilyOptions fit(const RocksdbOptions& options,
                                 const std::shared_ptr<rocksdb::Cache>& cache, const Fit& fit) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = fit.block_bytes;
  // Index and filter blocks count against the cache, so that memory stays bounded.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  if (fit.filter) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));

  rocksdb::ColumnFamilyOptions column;
  column.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  column.compression = rocksdb::kLZ4Compression;
  column.write_buffer_size =
      std::max(options.write_buffer_bytes_max / fit.buffer_part, std::size_t{64} << 10);
  column.max_write_buffer_number = 3;
  // Taken as they are needed: an idle server holds one of them per family.
  column.arena_block_size = std::min(column.write_buffer_size / 8, std::size_t{512} << 10);
  column.level_compaction_dynamic_level_bytes = true;
  return column;
}

}  // namespace

Column column_of(storage::SpaceKind kind) {
  switch (kind) {
    case storage::SpaceKind::Documents:
      return Column::Documents;
    case storage::SpaceKind::Index:
      return Column::Index;
    default:
      return Column::System;
  }
}

rocksdb::DBOptions database_options(const RocksdbOptions& options) {
  rocksdb::DBOptions database;
  database.create_if_missing = true;
  database.create_missing_column_families = true;
  database.max_background_jobs = options.background_jobs_max;
  database.max_open_files = options.open_files_max;
  database.max_total_wal_size = options.wal_bytes_max;
  database.bytes_per_sync = 1 << 20;
  database.avoid_unnecessary_blocking_io = true;
  database.stats_dump_period_sec = 0;
  database.stats_persist_period_sec = 0;
  database.allow_concurrent_memtable_write = false;  // one thread applies
  // Each write goes to the operating system at once: kill -9 takes nothing back.
  database.manual_wal_flush = false;
  // Recovery stops at the first record that is cut or damaged, wherever it is, so that what comes
  // back is a prefix without a hole. That the prefix is long enough is what the durable mark says:
  // damage below it is refused, a torn tail behind it is what a power loss leaves. The stricter
  // modes fail on such tails; the one that tolerates tails would skip the lost end of one file and
  // go on with the next.
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return database;
}

std::vector<rocksdb::ColumnFamilyDescriptor> column_descriptors(const RocksdbOptions& options) {
  const auto cache = rocksdb::NewLRUCache(options.cache_bytes_max);
  std::array<rocksdb::ColumnFamilyOptions, kColumns> columns = {
      fit(options, cache, {.block_bytes = 4 << 10, .filter = true, .buffer_part = 4}),
      // Written at its end, read in order, dropped at its front: no filter, large blocks. Its files
      // never overlap, so compaction only moves them.
      fit(options, cache, {.block_bytes = 32 << 10, .filter = false, .buffer_part = 2}),
      fit(options, cache, {.block_bytes = 16 << 10, .filter = true}),
      fit(options, cache, {.block_bytes = 8 << 10, .filter = true, .buffer_part = 2}),
  };
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t i = 0; i < kColumns; ++i)
    descriptors.emplace_back(kColumnNames[i], columns[i]);
  return descriptors;
}

}  // namespace freshet::rocks
