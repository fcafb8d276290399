// SPDX-License-Identifier: Apache-2.0
// An open RocksDB with its column families. Only for the .cpp files of this folder.
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/rocksdb/columns.h"
#include "storage/rocksdb/directory.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "storage/rocksdb/watch.h"
#include "storage/store.h"

namespace freshet::rocks {

/// How far the data goes; written with every group.
struct End {
  storage::Position position;
  std::uint64_t sequence = 0;
};

// Keys of our own in the system family. No SpaceKind is 0, so no space has them.
inline constexpr std::string_view kEndKey{"\0end",
                                          4};  // position, sequence: 8 bytes each, big-endian
inline constexpr std::string_view kFloorKey{"\0floor",
                                            6};  // position: the log was dropped below it

std::string encode_end(const End& end);
std::string log_key(storage::Position position);
storage::Position position_of_log_key(std::string_view key);

/// Thread-safe as RocksDB is.
class Engine {
 public:
  Engine(const std::string& path, const RocksdbOptions& options, Logger& logger);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* column(Column column) const {
    return columns_[static_cast<std::size_t>(column)];
  }
  const Condition& condition() const { return *condition_; }

  /// What was read when it was opened.
  const End& recovered_end() const { return recovered_.end; }
  storage::Position recovered_floor() const { return recovered_.floor; }

 private:
  struct Recovered {
    End end;
    storage::Position floor;
  };

  void open(const RocksdbOptions& options, Logger& logger);
  void probe(const RocksdbOptions& options, Logger& logger);
  void show(const End& end, const RocksdbOptions& options) const;
  void close();
  Recovered read_recovered() const;

  std::string path_;
  DirectoryLock lock_;
  std::shared_ptr<Condition> condition_ = std::make_shared<Condition>();
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kColumns> columns_{};
  Recovered recovered_;
};

}  // namespace freshet::rocks
