// SPDX-License-Identifier: Apache-2.0
// Events that several streams of one feed hand out: built and run through the stages once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "storage/store.h"

namespace freshet::stream {

/// An event behind the stages of its definition.
struct EncodedEvent {
  bool keep = false;  ///< false: a stage dropped it
  std::string bytes;
};

/// Shared between the cache and the streams that are handing it out.
using EncodedEventPtr = std::shared_ptr<const EncodedEvent>;

/// Bounded in bytes; the oldest go first. Thread-safe.
class EncodedCache {
 public:
  /// Which event of which feed.
  struct Key {
    std::uint64_t feed;
    storage::Position position;
    std::uint32_t index;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };

  explicit EncodedCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Null when it is not there (any more).
  EncodedEventPtr find(const Key& key) const;
  void put(const Key& key, EncodedEventPtr event);
  void clear();
  std::size_t bytes() const;

 private:
  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  std::unordered_map<Key, EncodedEventPtr, Hash> events_ GUARDED_BY(mutex_);
  std::deque<Key> order_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace freshet::stream
