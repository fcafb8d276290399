// SPDX-License-Identifier: Apache-2.0
// The embedded engine. Nothing of RocksDB shows here; docs/formats/storage.md has what it stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "storage/store.h"

namespace freshet {
class Logger;
}

namespace freshet::rocks {

struct RocksdbOptions {
  std::size_t cache_bytes_max = std::size_t{256} << 20;  ///< blocks of all column families
  /// Writes in memory, per column family of documents; the others take a share of it.
  std::size_t write_buffer_bytes_max = std::size_t{64} << 20;
  std::size_t wal_bytes_max = std::size_t{256} << 20;  ///< above it the oldest buffers are flushed
  int open_files_max = 512;
  int background_jobs_max = 2;
  std::size_t snapshots_max = 1'000;
  /// Free bytes of the file system below which writes are refused with NoSpace.
  std::uint64_t disk_reserve_bytes = std::uint64_t{512} << 20;
  /// Shown the data as it is, before the first byte of it is changed. Throws to refuse the start.
  std::function<void(const storage::Snapshot&)> check_recovered = {};
};

/// Opens or creates the data directory and holds its lock until the store is gone. `logger`
/// outlives the store. Throws Error (OperationFailed) that says what is wrong: in use, not
/// writable, full, damaged.
std::unique_ptr<storage::Store> open_rocksdb(const std::string& path, RocksdbOptions options,
                                             Logger& logger);

}  // namespace freshet::rocks
