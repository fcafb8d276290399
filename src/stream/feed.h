// SPDX-License-Identifier: Apache-2.0
// One distinct definition under watch: which recent entries concern it, and who waits for one.
// Everything here is guarded by the hub's mutex.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/wait.h"
#include "storage/store.h"
#include "stream/definition.h"

namespace freshet::stream {

using storage::Position;

/// Where a stream or another waiter is hooked into its feed.
struct Waiter {
  WakerPtr waker;        ///< null unless it waits
  std::size_t slot = 0;  ///< place in Feed::waiting while it waits
  Position clean;        ///< when it was woken last, nothing up to here had concerned it
};

/// Not thread-safe.
class Feed {
 public:
  /// Matches remembered for each stream, and at most; one that is further behind reads the log.
  static constexpr std::size_t kStreamMatchesMax = 256;
  static constexpr std::size_t kMatchesMax = 16'384;

  /// Every match after `from` will be told to note_match(). `id` is unique in the process.
  Feed(std::uint64_t id, DefinitionPtr definition, Position from)
      : id_(id), definition_(std::move(definition)), complete_from_(from) {}

  std::uint64_t id() const { return id_; }
  const DefinitionPtr& definition() const { return definition_; }
  std::size_t streams = 0;  ///< how many hold it

  void note_match(std::uint64_t number, Position position);
  /// Matches up to here are no longer known.
  void forget(Position through);
  /// Matches of lower number than this are no longer known.
  void forget_before(std::uint64_t number);

  /// All matches after this position are known.
  Position complete_from() const { return complete_from_; }
  bool has_match_after(Position after) const {
    return !matches_.empty() && matches_.back().position > after;
  }
  /// The oldest of them.
  std::optional<Position> first_match_after(Position after) const;
  /// Numbers in the ring of the matches after `after`, oldest first. Requires: after >=
  /// complete_from().
  std::vector<std::uint64_t> matches_after(Position after, std::size_t count_max) const;
  void add_waiter(Waiter& waiter, WakerPtr waker);
  void remove_waiter(Waiter& waiter);
  /// Takes the wakers of all who wait. Nothing from where they stand up to `clean` concerned them.
  void take_wakers(Position clean, std::vector<WakerPtr>& out);
  std::size_t waiting() const { return waiting_.size(); }

  std::uint64_t judged = ~std::uint64_t{0};  ///< number of the entry it was last judged for
  std::size_t slot = 0;                      ///< its place in the list of its group

 private:
  std::size_t matches_max() const {
    return std::clamp(kStreamMatchesMax * streams, kStreamMatchesMax, kMatchesMax);
  }

  struct Match {
    std::uint64_t number;
    Position position;
  };
  const std::uint64_t id_;
  DefinitionPtr definition_;
  Position complete_from_;
  std::vector<Match> matches_;  // by position
  std::vector<Waiter*> waiting_;
};

}  // namespace freshet::stream
