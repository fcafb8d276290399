// SPDX-License-Identifier: Apache-2.0
#include "storage/rocksdb/snapshot.h"

#include <string>
#include <utility>
#include <vector>

#include "storage/rocksdb/status.h"
#include "storage/space_key.h"

namespace freshet::rocks {

using storage::Direction;
using storage::KeyRange;
using storage::Position;
using storage::Scan;
using storage::Snapshot;
using storage::Space;

namespace {

std::string_view view_of(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

class RocksScan final : public Scan {
 public:
  RocksScan(const Engine& engine, const rocksdb::Snapshot* snapshot, Space space, KeyRange range,
            Direction direction)
      : range_(std::move(range)),
        lower_(range_.begin),
        upper_(range_.end),
        space_(space),
        direction_(direction) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &lower_;
    options.iterate_upper_bound = &upper_;
    iterator_.reset(engine.db().NewIterator(options, engine.column(column_of(space.kind))));
    if (range_.begin >= range_.end) return;  // stays invalid; RocksDB wants lower < upper
    if (direction_ == Direction::Forward) {
      iterator_->SeekToFirst();
    } else {
      iterator_->SeekToLast();
    }
    check_end();
  }

  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override {
    return storage::without_space(view_of(iterator_->key()));
  }
  std::string_view value() const override { return view_of(iterator_->value()); }

  void next() override {
    if (direction_ == Direction::Forward) {
      iterator_->Next();
    } else {
      iterator_->Prev();
    }
    check_end();
  }

  void seek(std::string_view key) override {
    if (range_.begin >= range_.end) return;
    const std::string whole = storage::space_key(space_, key);
    if (direction_ == Direction::Forward) {
      iterator_->Seek(whole < range_.begin ? range_.begin : whole);
    } else if (whole < range_.end) {
      iterator_->SeekForPrev(whole);
    } else {
      iterator_->SeekToLast();
    }
    check_end();
  }

 private:
  void check_end() const {
    if (!iterator_->Valid()) check(iterator_->status(), "read");
  }

  KeyRange range_;  // with the space in front; the slices borrow from it
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  Space space_;
  Direction direction_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksSnapshot final : public Snapshot {
 public:
  RocksSnapshot(const Engine& engine, const End& end, std::atomic<std::size_t>& open)
      : engine_(engine), snapshot_(engine.db().GetSnapshot()), end_(end), open_(open) {}
  ~RocksSnapshot() override {
    engine_.db().ReleaseSnapshot(snapshot_);
    --open_;
  }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  std::optional<std::string> get(Space space, std::string_view key) const override {
    std::string value;
    const auto status = engine_.db().Get(options(), engine_.column(column_of(space.kind)),
                                         storage::space_key(space, key), &value);
    if (status.IsNotFound()) return std::nullopt;
    check(status, "read");
    return value;
  }

  std::vector<std::optional<std::string>> multi_get(
      Space space, const std::vector<std::string>& keys) const override {
    std::vector<std::string> whole;
    whole.reserve(keys.size());
    for (const std::string& key : keys)
      whole.push_back(storage::space_key(space, key));
    const std::vector<rocksdb::Slice> slices(whole.begin(), whole.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    engine_.db().MultiGet(options(), engine_.column(column_of(space.kind)), keys.size(),
                          slices.data(), found.data(), statuses.data());
    std::vector<std::optional<std::string>> values(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      check(statuses[i], "read");
      values[i].emplace(view_of(found[i]));
    }
    return values;
  }

  std::unique_ptr<Scan> scan(Space space, const KeyRange& range,
                             Direction direction) const override {
    return std::make_unique<RocksScan>(engine_, snapshot_, space,
                                       storage::space_range(space, range), direction);
  }
  Position position() const override { return end_.position; }
  std::uint64_t sequence() const override { return end_.sequence; }

 private:
  rocksdb::ReadOptions options() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    return options;
  }

  const Engine& engine_;
  const rocksdb::Snapshot* snapshot_;
  End end_;
  std::atomic<std::size_t>& open_;
};

}  // namespace

std::shared_ptr<const Snapshot> take_snapshot(const Engine& engine, const End& end,
                                              std::atomic<std::size_t>& open) {
  return std::make_shared<RocksSnapshot>(engine, end, open);
}

}  // namespace freshet::rocks
