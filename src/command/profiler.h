// SPDX-License-Identifier: Apache-2.0
// Which commands are remembered in system.profile, and which are logged as slow. Off, it costs one
// load of an atomic.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "bson/view.h"

namespace freshet {
class Random;
}
namespace freshet::collection {
class Data;
}
namespace freshet::query {
class Matcher;
}

namespace freshet::command {

/// What holds for all databases.
struct ProfilerOptions {
  std::int64_t slow_ms = 100;
  double sample_rate = 1.0;
  std::string filter;  ///< BSON; stands in for slow_ms and sample_rate; empty: none
};

/// Thread-safe.
class Profiler {
 public:
  /// Requires: both outlive this.
  Profiler(collection::Data& data, Random& random);
  ~Profiler();

  /// 0: off, 1: slow commands, 2: all.
  int level(std::string_view db) const;
  ProfilerOptions options() const;
  /// Makes system.profile (capped, 1 MB) where a level above 0 needs it.
  void set(std::string_view db, int level, ProfilerOptions options);

  /// False when no command that took less than slow_ms() is of any interest.
  bool watches_all() const { return watches_all_.load(std::memory_order_relaxed); }
  std::int64_t slow_ms() const { return slow_ms_.load(std::memory_order_relaxed); }

  enum class Interest : std::uint8_t { None, Log, LogAndProfile, Profile };
  /// What is to be done with a command on `db` whose entry this is.
  Interest interest(std::string_view db, std::int64_t millis, bson::View entry) const;
  /// Puts an entry into the database's system.profile. An entry that finds no place there, because
  /// the collection is gone or somebody else writes to it, is left out.
  void write(std::string_view db, bson::View entry);

 private:
  int level_locked(std::string_view db) const REQUIRES(mutex_);
  bool is_slow(std::int64_t millis, bson::View entry) const REQUIRES(mutex_);

  collection::Data& data_;
  Random& random_;
  std::atomic<bool> watches_all_{false};
  std::atomic<std::int64_t> slow_ms_{100};
  mutable Mutex mutex_;
  ProfilerOptions options_ GUARDED_BY(mutex_);
  std::unique_ptr<const query::Matcher> filter_ GUARDED_BY(mutex_);
  std::map<std::string, int, std::less<>> levels_ GUARDED_BY(mutex_);
  Mutex writing_;  // one entry after the other: they all want the same end of a collection
};

}  // namespace freshet::command
