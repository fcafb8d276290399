// SPDX-License-Identifier: Apache-2.0
// The engine that keeps everything in memory: for tests, simulation and --memory. Nothing survives
// the process; in all else it holds the contract of storage/store.h.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "storage/memory/memory_log.h"
#include "storage/memory/tree.h"
#include "storage/store.h"

namespace freshet::memory {

/// Thread-safe as storage::Store says. Snapshots and cursors must not outlive it.
class MemoryStore final : public storage::Store {
 public:
  explicit MemoryStore(std::size_t snapshots_max = 65'536);
  ~MemoryStore() override;

  std::shared_ptr<const storage::Snapshot> snapshot() override;
  storage::ApplyOutcome apply(const storage::CommitGroup& group) override;
  storage::SyncOutcome sync() override { return storage::SyncOutcome::Durable; }
  std::unique_ptr<storage::LogCursor> read_log(storage::Position after) const override;
  storage::LogRun read_log_run(storage::Position after, storage::Position up_to,
                               std::size_t bytes_max) const override;
  std::unique_ptr<storage::LogCursor> read_log_backward(storage::Position before) const override;
  storage::Position last_position() const override;
  std::uint64_t last_sequence() const override;
  std::optional<storage::Position> first_log_position() const override;
  void drop_range(storage::Space space, const storage::KeyRange& range) override;
  void compact(storage::Space) override {}
  void truncate_log_before(storage::Position before) override;
  std::uint64_t log_bytes() const override;
  std::uint64_t total_bytes() const override;
  std::uint64_t approximate_bytes(storage::Space space,
                                  const storage::KeyRange& range) const override;
  void backup(const std::string& directory) override;
  const storage::Traits& traits() const override { return traits_; }

 private:
  /// What one moment looks like.
  struct Version {
    Tree tree;
    storage::Position position;
    std::uint64_t sequence = 0;
  };

  Version current() const;

  storage::Traits traits_;
  MemoryLog log_;
  // Held by whoever makes a version; readers only need mutex_, and never for long.
  Mutex edit_mutex_;
  std::uint64_t edits_ GUARDED_BY(edit_mutex_) = 0;
  mutable Mutex mutex_;
  Version version_ GUARDED_BY(mutex_);
  std::atomic<std::size_t> snapshots_open_{0};
};

}  // namespace freshet::memory
