// SPDX-License-Identifier: Apache-2.0
#include "app/engine.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "storage/commit/applied_mark.h"
#include "storage/memory/memory_store.h"
#include "storage/meta.h"
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
  options.check_recovered = [check = std::move(check)](const storage::Snapshot& found) {
    (void)storage::read_identity(found);  // refuses a newer format
    check({.position = found.position(), .sequence = found.sequence()});
  };
  return options;
}

}  // namespace

std::string durable_mark_path(const std::string& data_directory) {
  return data_directory + "/durable-mark";
}

std::string applied_mark_path(const std::string& data_directory) {
  return data_directory + "/applied-mark";
}

std::optional<commit::Extent> check_marks(const std::string& data_directory,
                                          const commit::Extent& extent) {
  commit::check_durable_mark(durable_mark_path(data_directory), extent);
  return commit::check_applied_mark(applied_mark_path(data_directory), extent, commit::boot_id());
}

std::unique_ptr<storage::Store> open_store(const ServeOptions& options, Logger& logger) {
  if (options.memory) return std::make_unique<memory::MemoryStore>();
  std::optional<commit::Extent> recovered;
  std::optional<commit::Extent> before;
  const auto check = [&](const commit::Extent& extent) {
    before = check_marks(options.data_directory, extent);
    recovered = extent;
  };
  auto store =
      rocks::open_rocksdb(options.data_directory, rocksdb_options(options.limits, check), logger);
  if (before) {
    logger.startup_warning(
        "STORAGE", "the machine went down before the last commits were durable: they are lost",
        {{"dataEndsAt", to_text(*recovered)}, {"hadReached", to_text(*before)}});
  }
  return store;
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
