// SPDX-License-Identifier: Apache-2.0
// Tells without asking the engine that a key cannot be there yet. Keys of a unique index mostly
// grow (ObjectIds, counters), in the order of many clients at once: nearly every insert asks for a
// key that is greater than all but the newest, and those are few enough to be remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "storage/commit/key_mark.h"
#include "storage/store.h"

namespace freshet::commit {

/// Hashes of keys put lately, of all spaces together, in two generations: when the newer is full
/// the older is forgotten, and the floor of each space rises to what was forgotten. Thread-safe.
class NewKeys {
 public:
  /// Per generation; two tables of twice as many hashes are the whole memory (1 MB).
  static constexpr std::size_t kKeysMax = std::size_t{1} << 15;

  explicit NewKeys(std::size_t keys_max = kKeysMax);

  /// Begins `mark`, unless it has begun: `floor` is the greatest key of the space in a snapshot
  /// taken after the process began to write. Requires: no key of the space was put before.
  void begin(KeyMark& mark, std::string_view floor);

  enum class [[nodiscard]] Answer : std::uint8_t{
      New,       ///< nobody has put it before: no snapshot and no open transaction has it
      Unsure,    ///< it may be there
      NotBegun,  ///< the mark has to begin first; nothing was noted
  };
  /// Notes that `key` is being put. Requires: every key of the space that may come to be in the
  /// store is put through here.
  Answer put(KeyMark& mark, storage::Space space, std::string_view key);

 private:
  /// A set of hashes in one block; 0 stands for an empty place.
  class Table {
   public:
    explicit Table(std::size_t keys_max);
    bool contains(std::uint64_t hash) const;
    /// False: was there.
    bool insert(std::uint64_t hash);
    bool full() const { return size_ == keys_max_; }
    void clear();

   private:
    std::size_t place_of(std::uint64_t hash) const;

    std::size_t keys_max_;
    std::size_t size_ = 0;
    std::vector<std::uint64_t> places_;  // made by the first insert
  };

  void age(KeyMark& mark) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  Table newer_ GUARDED_BY(mutex_);
  Table older_ GUARDED_BY(mutex_);
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
};

}  // namespace freshet::commit
