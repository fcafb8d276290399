// SPDX-License-Identifier: Apache-2.0
#include "storage/rocksdb/rocksdb_store.h"

#include <rocksdb/convenience.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/mutex.h"
#include "storage/log_run.h"
#include "storage/rocksdb/engine.h"
#include "storage/rocksdb/log_cursor.h"
#include "storage/rocksdb/snapshot.h"
#include "storage/rocksdb/status.h"
#include "storage/space_key.h"

namespace freshet::rocks {

using storage::ApplyOutcome;
using storage::Change;
using storage::CommitGroup;
using storage::KeyRange;
using storage::LogCursor;
using storage::Position;
using storage::Space;
using storage::SyncOutcome;

namespace {

/// What a key and value take in a group beside their own bytes: lengths, kind, column, space.
constexpr std::size_t kRecordOverheadBytes = 24;

rocksdb::Slice slice_of(std::string_view text) {
  return {text.data(), text.size()};
}

class RocksdbStore final : public storage::Store, private LogEnds {
 public:
  RocksdbStore(const std::string& path, const RocksdbOptions& options, Logger& logger);
  ~RocksdbStore() override;

  std::shared_ptr<const storage::Snapshot> snapshot() override;
  ApplyOutcome apply(const CommitGroup& group) override;
  SyncOutcome sync() override;
  std::unique_ptr<LogCursor> read_log(Position after) const override {
    return read_forward(engine_, *this, after);
  }
  storage::LogRun read_log_run(Position after, Position up_to,
                               std::size_t bytes_max) const override {
    return read_run(engine_, *this, after, up_to, bytes_max);
  }
  std::unique_ptr<LogCursor> read_log_backward(Position before) const override {
    return read_backward(engine_, *this, before);
  }
  Position last_position() const override { return log_end(); }
  std::uint64_t last_sequence() const override;
  std::optional<Position> first_log_position() const override;
  void drop_range(Space space, const KeyRange& range) override;
  void compact(Space space) override;
  void truncate_log_before(Position before) override;
  std::uint64_t log_bytes() const override { return column_bytes(Column::Log); }
  std::uint64_t total_bytes() const override;
  std::uint64_t approximate_bytes(Space space, const KeyRange& range) const override;
  void backup(const std::string& directory) override;
  const storage::Traits& traits() const override { return traits_; }

 private:
  Position log_end() const override { return Position(log_end_.load()); }
  Position log_floor() const override { return Position(log_floor_.load()); }
  std::uint64_t find_first_in_log() const;
  std::uint64_t column_bytes(Column column) const;
  ApplyOutcome write(const CommitGroup& group, std::size_t bytes);

  Logger& logger_;
  storage::Traits traits_;
  Engine engine_;
  DiskReserve reserve_;
  // A snapshot is taken, and named, between two groups.
  mutable Mutex group_mutex_;
  End end_ GUARDED_BY(group_mutex_);
  std::atomic<std::uint64_t> log_end_{0};
  std::atomic<std::uint64_t> log_floor_{0};
  std::atomic<std::uint64_t> log_first_{0};  // 0: the log is empty
  std::atomic<std::size_t> snapshots_open_{0};
};

RocksdbStore::RocksdbStore(const std::string& path, const RocksdbOptions& options, Logger& logger)
    : logger_(logger), engine_(path, options, logger), reserve_(path, options.disk_reserve_bytes) {
  traits_.name = "rocksdb";
  traits_.snapshots_max = options.snapshots_max;
  end_ = engine_.recovered_end();
  log_end_ = end_.position.value();
  log_floor_ = engine_.recovered_floor().value();
  log_first_ = find_first_in_log();
}

RocksdbStore::~RocksdbStore() {
  invariant(snapshots_open_ == 0, "snapshots are closed before their store");
}

std::shared_ptr<const storage::Snapshot> RocksdbStore::snapshot() {
  if (++snapshots_open_ > traits_.snapshots_max) {
    --snapshots_open_;
    raise(ErrorCode::SnapshotUnavailable, "{} snapshots are open, which is the most there can be",
          traits_.snapshots_max);
  }
  MutexLock lock(group_mutex_);
  return take_snapshot(engine_, end_, snapshots_open_);
}

ApplyOutcome RocksdbStore::apply(const CommitGroup& group) {
  if (engine_.condition().log_failed) return ApplyOutcome::Failed;
  std::size_t bytes = 0;
  for (const Change& change : group.changes)
    bytes += change.key.size() + change.value.size();
  for (const auto& record : group.log)
    bytes += record->bytes.size();
  if (reserve_.low(bytes)) return ApplyOutcome::NoSpace;
  return write(group, bytes);
}

// `bytes`: of the keys, values and entries.
ApplyOutcome RocksdbStore::write(const CommitGroup& group, std::size_t bytes) {
  const std::size_t records = group.changes.size() + group.log.size() + 1;
  rocksdb::WriteBatch batch(bytes + records * kRecordOverheadBytes);
  rocksdb::Status status;
  const auto add = [&status](const rocksdb::Status& added) {
    if (status.ok()) status = added;
  };
  for (const Change& change : group.changes) {
    auto* column = engine_.column(column_of(change.space.kind));
    const storage::SpacePrefix prefix(change.space);
    const rocksdb::Slice key[] = {slice_of(prefix.bytes()), change.key};
    const rocksdb::Slice value[] = {change.value};
    add(change.kind == Change::Kind::Put ? batch.Put(column, {key, 2}, {value, 1})
                                         : batch.Delete(column, {key, 2}));
  }
  for (const auto& record : group.log) {
    add(batch.Put(engine_.column(Column::Log), log_key(record->position), record->bytes));
  }
  const End end{group.position, group.sequence};
  add(batch.Put(engine_.column(Column::System), slice_of(kEndKey), encode_end(end)));

  MutexLock lock(group_mutex_);
  if (status.ok()) status = engine_.db().Write({}, &batch);
  if (!status.ok()) {
    logger_.error("STORAGE", "a group of writes failed", {{"error", status.ToString()}});
    return outcome_of_failed_write(status, engine_.condition().log_failed);
  }
  end_ = end;
  if (!group.log.empty()) {
    if (log_first_ == 0) log_first_ = group.log.front()->position.value();
    log_end_ = group.position.value();
  }
  return ApplyOutcome::Applied;
}

SyncOutcome RocksdbStore::sync() {
  const rocksdb::Status status = engine_.db().SyncWAL();
  if (status.ok() && !engine_.condition().log_failed) return SyncOutcome::Durable;
  logger_.error("STORAGE", "a sync of the log failed", {{"error", status.ToString()}});
  return SyncOutcome::Failed;
}

std::uint64_t RocksdbStore::last_sequence() const {
  MutexLock lock(group_mutex_);
  return end_.sequence;
}

std::optional<Position> RocksdbStore::first_log_position() const {
  const std::uint64_t first = log_first_;
  if (first == 0) return std::nullopt;
  return Position(first);
}

std::uint64_t RocksdbStore::find_first_in_log() const {
  const Position floor = log_floor();
  const auto record = read_log(floor.is_zero() ? floor : Position(floor.value() - 1))->next();
  return record ? record->position.value() : 0;
}

void RocksdbStore::drop_range(Space space, const KeyRange& range) {
  auto* column = engine_.column(column_of(space.kind));
  const KeyRange whole = storage::space_range(space, range);
  if (whole.begin >= whole.end) return;
  check(engine_.db().DeleteRange({}, column, whole.begin, whole.end), "drop a range");
  const rocksdb::Slice begin(whole.begin);
  const rocksdb::Slice end(whole.end);
  // Whole files at once; the rest goes when the engine compacts.
  check(rocksdb::DeleteFilesInRange(&engine_.db(), column, &begin, &end, false), "drop a range");
}

void RocksdbStore::compact(Space space) {
  const KeyRange whole = storage::space_range(space, {});
  const rocksdb::Slice begin(whole.begin);
  const rocksdb::Slice end(whole.end);
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  check(engine_.db().CompactRange(options, engine_.column(column_of(space.kind)), &begin, &end),
        "compact");
}

void RocksdbStore::truncate_log_before(Position before) {
  const Position floor = log_floor();
  if (before <= floor) return;
  const std::string begin = log_key(floor);
  const std::string end = log_key(before);
  rocksdb::WriteBatch batch;
  check(batch.DeleteRange(engine_.column(Column::Log), begin, end), "shorten the log");
  check(batch.Put(engine_.column(Column::System), slice_of(kFloorKey), end), "shorten the log");
  {
    MutexLock lock(group_mutex_);  // log_first_ belongs to a log that stands still
    check(engine_.db().Write({}, &batch), "shorten the log");
    log_floor_ = before.value();
    log_first_ = find_first_in_log();
  }
  const rocksdb::Slice from(begin);
  const rocksdb::Slice to(end);
  check(rocksdb::DeleteFilesInRange(&engine_.db(), engine_.column(Column::Log), &from, &to, false),
        "shorten the log");
}

std::uint64_t RocksdbStore::column_bytes(Column column) const {
  std::uint64_t files = 0;
  std::uint64_t buffers = 0;
  auto* handle = engine_.column(column);
  engine_.db().GetIntProperty(handle, rocksdb::DB::Properties::kLiveSstFilesSize, &files);
  engine_.db().GetIntProperty(handle, rocksdb::DB::Properties::kSizeAllMemTables, &buffers);
  return files + buffers;
}

std::uint64_t RocksdbStore::total_bytes() const {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < kColumns; ++i)
    bytes += column_bytes(static_cast<Column>(i));
  return bytes;
}

std::uint64_t RocksdbStore::approximate_bytes(Space space, const KeyRange& range) const {
  const KeyRange whole = storage::space_range(space, range);
  const rocksdb::Range asked(whole.begin, whole.end);
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  options.files_size_error_margin = 0.1;
  std::uint64_t bytes = 0;
  check(engine_.db().GetApproximateSizes(options, engine_.column(column_of(space.kind)), &asked, 1,
                                         &bytes),
        "measure a range");
  return bytes;
}

void RocksdbStore::backup(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory, error)) {
    raise(ErrorCode::OperationFailed, "cannot back up to '{}': it exists already", directory);
  }
  rocksdb::Checkpoint* made = nullptr;
  check(rocksdb::Checkpoint::Create(&engine_.db(), &made), "back up");
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  const rocksdb::Status status = checkpoint->CreateCheckpoint(directory);
  if (!status.ok()) {
    raise(ErrorCode::OperationFailed, "cannot back up to '{}': {}", directory, status.ToString());
  }
}

}  // namespace

std::unique_ptr<storage::Store> open_rocksdb(const std::string& path, RocksdbOptions options,
                                             Logger& logger) {
  return std::make_unique<RocksdbStore>(path, options, logger);
}

}  // namespace freshet::rocks
