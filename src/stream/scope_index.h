// SPDX-License-Identifier: Apache-2.0
// Which feeds may care about a change, found by its namespace.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stream/change.h"
#include "stream/feed.h"

namespace freshet::stream {

/// Not thread-safe. Does not own the feeds.
class ScopeIndex {
 public:
  void add(Feed& feed);
  void remove(Feed& feed);

  /// Appends the feeds whose scope may hold the change; some may come twice. Without those of the
  /// whole log.
  void find(const Change& change, std::vector<Feed*>& out);
  /// Feeds of the whole log: they care about every entry.
  const std::vector<Feed*>& of_log() const { return log_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Map = std::unordered_map<std::string, std::vector<Feed*>, Hash, std::equal_to<>>;

  std::vector<Feed*>& list_of(const Scope& scope);
  void find_namespace(std::string_view db, std::string_view coll, std::vector<Feed*>& out);

  Map collections_;  // by "db.coll"
  Map databases_;
  std::vector<Feed*> cluster_;
  std::vector<Feed*> log_;
  std::string scratch_;
};

}  // namespace freshet::stream
