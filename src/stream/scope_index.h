// SPDX-License-Identifier: Apache-2.0
// Which feeds may care about a change, found by its namespace and then by what their filters ask.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stream/change.h"
#include "stream/definition.h"
#include "stream/feed.h"
#include "stream/feed_group.h"

namespace freshet::stream {

/// Not thread-safe. Does not own the feeds.
class ScopeIndex {
 public:
  void add(Feed& feed);
  void remove(Feed& feed);

  /// Appends the feeds that may be concerned by the change; some may come twice. Without those of
  /// the whole log. `events` is of the change's entry.
  void find(const Change& change, EventCache& events, std::vector<Feed*>& out);
  /// Feeds of the whole log: they care about every entry.
  const std::vector<Feed*>& of_log() const { return log_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Map = std::unordered_map<std::string, FeedGroup, Hash, std::equal_to<>>;

  FeedGroup& group_of(const Scope& scope);
  void find_in(std::string_view db, std::string_view coll, const Change& change, EventCache& events,
               std::vector<Feed*>& out);

  Map collections_;  // by "db.coll"
  Map databases_;
  FeedGroup cluster_;
  std::vector<Feed*> log_;
  std::string scratch_;
};

}  // namespace freshet::stream
