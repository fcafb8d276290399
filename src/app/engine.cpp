// SPDX-License-Identifier: Apache-2.0
#include "app/engine.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "storage/memory/memory_store.h"
#include "storage/rocksdb/rocksdb_store.h"

namespace freshet::app {
namespace {

rocks::RocksdbOptions rocksdb_options(const Limits& limits, CheckExtent check) {
  rocks::RocksdbOptions options;
  options.snapshots_max = static_cast<std::size_t>(limits.snapshots_max);
  options.cache_bytes_max = static_cast<std::size_t>(limits.cache_bytes_max);
  options.write_buffer_bytes_max = static_cast<std::size_t>(limits.write_buffer_bytes_max);
  options.wal_bytes_max = static_cast<std::size_t>(limits.wal_bytes_max);
  options.disk_reserve_bytes = static_cast<std::uint64_t>(limits.disk_reserve_bytes);
  options.check_recovered = [check = std::move(check)](storage::Position position,
                                                       std::uint64_t sequence) {
    check({.position = position, .sequence = sequence});
  };
  return options;
}

}  // namespace

std::string durable_mark_path(const std::string& data_directory) {
  return data_directory + "/durable-mark";
}

std::unique_ptr<storage::Store> open_store(const ServeOptions& options, Logger& logger) {
  if (options.memory) return std::make_unique<memory::MemoryStore>();
  const std::string mark = durable_mark_path(options.data_directory);
  const auto check = [mark](const commit::Extent& extent) {
    commit::check_durable_mark(mark, extent);
  };
  return rocks::open_rocksdb(options.data_directory, rocksdb_options(options.limits, check),
                             logger);
}

std::unique_ptr<storage::Store> open_existing_store(const std::string& data_directory,
                                                    CheckExtent check, Logger& logger) {
  std::error_code failed;
  if (!std::filesystem::exists(data_directory + "/CURRENT", failed)) {
    raise(ErrorCode::OperationFailed, "'{}' is not a data directory of Freshet", data_directory);
  }
  return rocks::open_rocksdb(data_directory, rocksdb_options(Limits{}, std::move(check)), logger);
}

}  // namespace freshet::app
