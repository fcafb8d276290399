// SPDX-License-Identifier: Apache-2.0
#include "storage/rocksdb/engine.h"

#include <atomic>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "storage/rocksdb/snapshot.h"
#include "storage/rocksdb/status.h"

namespace freshet::rocks {

using storage::Position;

std::string encode_end(const End& end) {
  std::string out;
  append_be64(out, end.position.value());
  append_be64(out, end.sequence);
  return out;
}

std::string log_key(Position position) {
  std::string out;
  append_be64(out, position.value());
  return out;
}

Position position_of_log_key(std::string_view key) {
  return Position(load_be64(key.data()));
}

Engine::Engine(const std::string& path, const RocksdbOptions& options, Logger& logger)
    : path_(path), lock_(path) {
  if (options.check_recovered && has_log_to_recover(path)) probe(options, logger);
  open(options, logger);
  if (options.check_recovered) show(recovered_.end, options);
}

Engine::~Engine() {
  close();
}

// Opening for writing recovers the log and then removes it. A start that is going to be refused
// must change nothing, so the data is looked at by an opening that only reads.
void Engine::probe(const RocksdbOptions& options, Logger& logger) {
  rocksdb::DBOptions database = database_options(options);
  database.info_log = forward_messages(logger);
  database.create_if_missing = false;
  database.create_missing_column_families = false;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const auto status =
      rocksdb::DB::OpenForReadOnly(database, path_, column_descriptors(options), &handles, &opened);
  if (!status.ok()) return;  // never got as far as being created, or damaged: open() will say
  db_.reset(opened);
  std::copy(handles.begin(), handles.end(), columns_.begin());
  try {
    show(read_recovered().end, options);
  } catch (...) {
    close();
    throw;
  }
  close();
}

void Engine::show(const End& end, const RocksdbOptions& options) const {
  std::atomic<std::size_t> open{1};
  options.check_recovered(*take_snapshot(*this, end, open));
}

void Engine::open(const RocksdbOptions& options, Logger& logger) {
  rocksdb::DBOptions database = database_options(options);
  database.info_log = forward_messages(logger);
  database.listeners.push_back(watch_errors(condition_, logger));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  check(rocksdb::DB::Open(database, path_, column_descriptors(options), &handles, &opened),
        "open the data directory '" + path_ + "'");
  db_.reset(opened);
  std::copy(handles.begin(), handles.end(), columns_.begin());
  recovered_ = read_recovered();
}

void Engine::close() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle*& column : columns_) {
    if (column != nullptr) db_->DestroyColumnFamilyHandle(column).PermitUncheckedError();
    column = nullptr;
  }
  db_->Close().PermitUncheckedError();  // what counts was said by sync()
  db_.reset();
}

Engine::Recovered Engine::read_recovered() const {
  Recovered found;
  std::string value;
  auto status =
      db_->Get({}, column(Column::System), rocksdb::Slice(kEndKey.data(), kEndKey.size()), &value);
  if (!status.IsNotFound()) {
    check(status, "read the end of the data");
    if (value.size() != 16)
      raise(ErrorCode::OperationFailed, "the stored end of the data is damaged");
    found.end = {Position(load_be64(value.data())), load_be64(value.data() + 8)};
  }
  status = db_->Get({}, column(Column::System), rocksdb::Slice(kFloorKey.data(), kFloorKey.size()),
                    &value);
  if (!status.IsNotFound()) {
    check(status, "read the beginning of the log");
    if (value.size() != 8)
      raise(ErrorCode::OperationFailed, "the stored beginning of the log is damaged");
    found.floor = Position(load_be64(value.data()));
  }
  return found;
}

}  // namespace freshet::rocks
