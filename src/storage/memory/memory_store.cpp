// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/memory_store.h"

#include <utility>

#include "base/error.h"
#include "base/invariant.h"
#include "storage/space_key.h"

namespace freshet::memory {

using storage::ApplyOutcome;
using storage::Change;
using storage::CommitGroup;
using storage::Direction;
using storage::KeyRange;
using storage::LogCursor;
using storage::Position;
using storage::Scan;
using storage::Snapshot;
using storage::Space;

namespace {

class MemoryScan final : public Scan {
 public:
  MemoryScan(Tree tree, KeyRange range, Space space, Direction direction)
      : cursor_(std::move(tree)), range_(std::move(range)), space_(space), direction_(direction) {
    if (direction_ == Direction::Forward) {
      cursor_.seek_at_least(range_.begin);
    } else {
      cursor_.seek_before(range_.end, false);
    }
  }

  bool valid() const override {
    if (!cursor_.valid()) return false;
    const std::string& key = cursor_.entry().key;
    return key >= range_.begin && key < range_.end;
  }
  std::string_view key() const override { return storage::without_space(cursor_.entry().key); }
  std::string_view value() const override { return cursor_.entry().value; }

  void next() override {
    if (direction_ == Direction::Forward) {
      cursor_.next();
    } else {
      cursor_.previous();
    }
  }

  void seek(std::string_view key) override {
    const std::string whole = storage::space_key(space_, key);
    if (direction_ == Direction::Forward) {
      cursor_.seek_at_least(whole < range_.begin ? range_.begin : whole);
    } else if (whole < range_.end) {
      cursor_.seek_before(whole, true);
    } else {
      cursor_.seek_before(range_.end, false);
    }
  }

 private:
  TreeCursor cursor_;
  KeyRange range_;
  Space space_;
  Direction direction_;
};

class MemorySnapshot final : public Snapshot {
 public:
  MemorySnapshot(Tree tree, Position position, std::uint64_t sequence,
                 std::atomic<std::size_t>& open)
      : tree_(std::move(tree)), position_(position), sequence_(sequence), open_(open) {}
  ~MemorySnapshot() override { --open_; }

  std::optional<std::string> get(Space space, std::string_view key) const override {
    const std::string* value = tree_.find(storage::space_key(space, key));
    if (value == nullptr) return std::nullopt;
    return *value;
  }
  std::unique_ptr<Scan> scan(Space space, const KeyRange& range,
                             Direction direction) const override {
    return std::make_unique<MemoryScan>(tree_, storage::space_range(space, range), space,
                                        direction);
  }
  Position position() const override { return position_; }
  std::uint64_t sequence() const override { return sequence_; }

 private:
  Tree tree_;
  Position position_;
  std::uint64_t sequence_;
  std::atomic<std::size_t>& open_;
};

}  // namespace

MemoryStore::MemoryStore(std::size_t snapshots_max) {
  traits_.name = "memory";
  traits_.durable = false;
  traits_.snapshots_max = snapshots_max;
}

MemoryStore::~MemoryStore() {
  invariant(snapshots_open_ == 0, "snapshots are closed before their store");
}

MemoryStore::Version MemoryStore::current() const {
  MutexLock lock(mutex_);
  return version_;
}

std::shared_ptr<const Snapshot> MemoryStore::snapshot() {
  if (++snapshots_open_ > traits_.snapshots_max) {
    --snapshots_open_;
    raise(ErrorCode::SnapshotUnavailable, "{} snapshots are open, which is the most there can be",
          traits_.snapshots_max);
  }
  Version version = current();
  return std::make_shared<MemorySnapshot>(std::move(version.tree), version.position,
                                          version.sequence, snapshots_open_);
}

ApplyOutcome MemoryStore::apply(const CommitGroup& group) {
  MutexLock edit_lock(edit_mutex_);
  const std::uint64_t edit = ++edits_;
  TreeEditor editor(current().tree, edit, edit << 20);
  for (const Change& change : group.changes) {
    std::string key = storage::space_key(change.space, change.key);
    if (change.kind == Change::Kind::Put) {
      editor.put(std::move(key), change.value);
    } else {
      editor.erase(key);
    }
  }
  Version made{editor.take(), group.position, group.sequence};
  {
    MutexLock lock(mutex_);
    std::swap(version_, made);
    log_.append(group.log);
  }
  return ApplyOutcome::Applied;  // the version before goes here, outside the lock
}

std::unique_ptr<LogCursor> MemoryStore::read_log(Position after) const {
  return read_forward(log_, after);
}

storage::LogRun MemoryStore::read_log_run(Position after, Position up_to,
                                          std::size_t bytes_max) const {
  return log_.run(after, up_to, bytes_max);
}

std::unique_ptr<LogCursor> MemoryStore::read_log_backward(Position before) const {
  return read_backward(log_, before);
}

Position MemoryStore::last_position() const {
  MutexLock lock(mutex_);
  return version_.position;
}

std::uint64_t MemoryStore::last_sequence() const {
  MutexLock lock(mutex_);
  return version_.sequence;
}

std::optional<Position> MemoryStore::first_log_position() const {
  return log_.first_position();
}

void MemoryStore::drop_range(Space space, const KeyRange& range) {
  MutexLock edit_lock(edit_mutex_);
  const std::uint64_t edit = ++edits_;
  TreeEditor editor(current().tree, edit, edit << 20);
  const KeyRange whole = storage::space_range(space, range);
  editor.erase_between(whole.begin, whole.end);
  Tree tree = editor.take();
  MutexLock lock(mutex_);
  std::swap(version_.tree, tree);
}

void MemoryStore::truncate_log_before(Position before) {
  log_.truncate_before(before);
}

std::uint64_t MemoryStore::log_bytes() const {
  return log_.bytes();
}

std::uint64_t MemoryStore::total_bytes() const {
  return current().tree.bytes() + log_.bytes();
}

std::uint64_t MemoryStore::approximate_bytes(Space space, const KeyRange& range) const {
  const KeyRange whole = storage::space_range(space, range);
  return current().tree.bytes_between(whole.begin, whole.end);
}

void MemoryStore::backup(const std::string& directory) {
  raise(ErrorCode::OperationFailed,
        "cannot back up to '{}': this server keeps its data in memory only", directory);
}

}  // namespace freshet::memory
