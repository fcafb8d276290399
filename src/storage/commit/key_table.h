// SPDX-License-Identifier: Apache-2.0
// Which keys open transactions hold, and who waits for them. Only one process writes a store, so
// its memory is the lock table.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/wait.h"

namespace freshet::commit {

/// Keys (with their space in front, see storage/space_key.h) and their owners, in stripes of one
/// mutex each. Nothing in here waits. Thread-safe.
class KeyTable {
 public:
  /// A key and its hash, which is worked out once.
  struct Hashed {
    std::string bytes;
    std::size_t hash;
    bool operator==(const Hashed& other) const { return bytes == other.bytes; }
  };
  /// Names a held key until it is released.
  using Handle = const Hashed*;

  enum class Outcome : std::uint8_t { Taken, AlreadyOurs, HeldByOther };
  struct Attempt {
    Outcome outcome;
    Handle handle = nullptr;             ///< when Taken
    std::uint64_t released_through = 0;  ///< newest commit that released a key of the stripe
    std::string in_the_way = {};         ///< the key, when HeldByOther
  };

  KeyTable();
  ~KeyTable();
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  Attempt take(std::string key, std::uint64_t owner);

  /// Gives keys back and wakes who waits for them. `sequence` is the commit that wrote them, 0 when
  /// nothing was written. The handles are void afterwards.
  void release(const std::vector<Handle>& handles, std::uint64_t sequence);

  /// Wakes `waker` when `key` is released; at once when nobody holds it.
  void wait(const std::string& key, WakerPtr waker);

  /// How many keys are held, for statistics and tests.
  std::size_t size() const;

 private:
  static constexpr std::size_t kStripes = 512;

  struct HashOf {
    std::size_t operator()(const Hashed& key) const { return key.hash; }
  };
  struct Held {
    std::uint64_t owner = 0;
    std::vector<WakerPtr> waiting;
  };
  struct Stripe {
    mutable Mutex mutex;
    std::unordered_map<Hashed, Held, HashOf> keys GUARDED_BY(mutex);
    std::uint64_t released_through GUARDED_BY(mutex) = 0;
  };

  Stripe& stripe_of(std::size_t hash) const;

  std::unique_ptr<std::array<Stripe, kStripes>> stripes_;
};

}  // namespace freshet::commit
