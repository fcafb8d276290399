// SPDX-License-Identifier: Apache-2.0
// A test double in the shape of PostgreSQL: each read waits for a network, few snapshots, bounded
// keys, and commits whose outcome nobody knows.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/invariant.h"
#include "base/random.h"
#include "storage/log_run.h"
#include "storage/memory/memory_store.h"
#include "storage/store.h"

namespace freshet::storage {

/// A memory store with the manners of a database over a network. Thread-safe.
class RemoteStore final : public Store {
 public:
  /// `unknown_in` > 0: about one apply in so many answers Unknown, applied or not.
  explicit RemoteStore(std::uint64_t seed = 1, std::uint64_t unknown_in = 0);

  void set_unknown_in(std::uint64_t unknown_in) { unknown_in_ = unknown_in; }

  std::shared_ptr<const Snapshot> snapshot() override;
  ApplyOutcome apply(const CommitGroup& group) override;
  SyncOutcome sync() override;
  std::unique_ptr<LogCursor> read_log(Position after) const override {
    return inner_.read_log(after);
  }
  LogRun read_log_run(Position after, Position up_to, std::size_t bytes_max) const override {
    return inner_.read_log_run(after, up_to, bytes_max);
  }
  std::unique_ptr<LogCursor> read_log_backward(Position before) const override {
    return inner_.read_log_backward(before);
  }
  Position last_position() const override { return inner_.last_position(); }
  std::uint64_t last_sequence() const override { return inner_.last_sequence(); }
  std::optional<Position> first_log_position() const override {
    return inner_.first_log_position();
  }
  void drop_range(Space space, const KeyRange& range) override { inner_.drop_range(space, range); }
  void compact(Space space) override { inner_.compact(space); }
  void truncate_log_before(Position before) override { inner_.truncate_log_before(before); }
  std::uint64_t log_bytes() const override { return inner_.log_bytes(); }
  std::uint64_t total_bytes() const override { return inner_.total_bytes(); }
  std::uint64_t approximate_bytes(Space space, const KeyRange& range) const override {
    return inner_.approximate_bytes(space, range);
  }
  void backup(const std::string& directory) override { inner_.backup(directory); }
  const Traits& traits() const override { return traits_; }

 private:
  static constexpr std::size_t kSnapshotsMax = 8;
  static constexpr std::size_t kKeyBytesMax = 1'024;

  Traits traits_;
  memory::MemoryStore inner_{kSnapshotsMax};
  SeededRandom random_;
  std::atomic<std::uint64_t> unknown_in_;
};

}  // namespace freshet::storage
