// SPDX-License-Identifier: Apache-2.0
// Makes what was applied durable, and then visible: one thread that syncs the engine when somebody
// waits for it, and publishes in order.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/wait.h"
#include "storage/commit/durable_mark.h"
#include "storage/commit/health.h"
#include "storage/commit/read_points.h"
#include "storage/store.h"

namespace freshet::commit {

struct FlusherOptions {
  std::int64_t interval_streams_us = 1'000;
  std::int64_t interval_idle_ms = 100;
  std::size_t unflushed_bytes_max = std::size_t{64} << 20;
  std::string durable_mark_path;
};

/// Thread-safe. Its thread runs from construction to stop().
class Flusher {
 public:
  using OnVisible = std::function<void(const std::vector<storage::LogRecordPtr>&, Position)>;

  Flusher(storage::Store& store, const Clock& clock, Logger& logger, ReadPoints& points,
          Health& health, FlusherOptions options);
  ~Flusher();
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  /// The sequencer applied a group: its records, and a snapshot that ends with it. In order.
  void applied(const std::vector<storage::LogRecordPtr>& records, SnapshotPtr snapshot);
  /// False while more than unflushed_bytes_max wait to become visible: who has not begun to write
  /// should not begin now.
  bool has_room() const { return !full_.load(std::memory_order_relaxed); }
  void wait_room(WakerPtr waker);
  /// Blocks while those who had begun have brought it far above that.
  void wait_for_room();

  void request(Position position);
  /// Up to here everything is visible and was handed to on_visible.
  Position announced() const { return Position(announced_.load()); }
  /// Wakes when announced() has come to `position`.
  void wait(Position position, WakerPtr waker);
  void set_stream_listeners(bool any);
  void set_on_visible(OnVisible on_visible);
  /// Health failed elsewhere: wakes everybody.
  void engine_failed();
  /// Flushes what was applied, ends the thread and wakes everybody. Once nothing is applied any
  /// more.
  void stop();

 private:
  /// Applied, not yet visible: up to `snapshot`, which is null when there is nothing.
  struct Batch {
    std::vector<storage::LogRecordPtr> records;
    std::size_t bytes = 0;
    SnapshotPtr snapshot;
  };

  void run();
  bool next_batch(Batch& batch);
  std::optional<SteadyTime> due() const REQUIRES(mutex_);
  void sleep_until(SteadyTime until) REQUIRES(mutex_);
  bool flush(const Batch& batch);
  void publish(const Batch& batch);
  std::vector<WakerPtr> make_room() REQUIRES(mutex_);
  void wake_all();

  storage::Store& store_;
  const Clock& clock_;
  Logger& logger_;
  ReadPoints& points_;
  Health& health_;
  const FlusherOptions options_;
  DurableMark mark_;

  Mutex mutex_;
  CondVar changed_;  // the thread: something to do, or sooner than it thought
  CondVar room_;     // the sequencer: batch taken
  Batch pending_ GUARDED_BY(mutex_);
  std::atomic<bool> full_{false};  // written under the mutex, as what follows
  std::atomic<std::uint64_t> announced_;
  SteadyTime pending_since_ GUARDED_BY(mutex_);
  SteadyTime last_flush_ GUARDED_BY(mutex_);
  Position urgent_ GUARDED_BY(mutex_);
  bool stream_listeners_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool mark_failed_ = false;  // said once; the thread's own
  std::multimap<Position, WakerPtr> waiting_ GUARDED_BY(mutex_);
  std::vector<WakerPtr> waiting_for_room_ GUARDED_BY(mutex_);
  OnVisible on_visible_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace freshet::commit
