// SPDX-License-Identifier: Apache-2.0
// The feeds of one scope, found by what their filters ask of a change: what a write costs follows
// the feeds it may concern.
//
//   operation ─► path ─► value ─► feeds           those whose filters tell by equality
//                                 rest            those that have to be asked themselves
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "stream/change.h"
#include "stream/definition.h"
#include "stream/event_path.h"
#include "stream/feed.h"

namespace freshet::stream {

/// Not thread-safe. Does not own the feeds.
class FeedGroup {
 public:
  void add(Feed& feed);
  void remove(Feed& feed);
  bool empty() const { return rest_.empty() && anchored_.empty(); }

  /// Appends the feeds that may be concerned by the change; some may come twice. Whoever is not
  /// appended is not concerned.
  void find(const Change& change, EventCache& events, std::vector<Feed*>& out) const;

 private:
  using Feeds = std::vector<Feed*>;
  struct ByPath {
    explicit ByPath(std::string_view dotted) : path(dotted) {}
    EventPath path;
    std::unordered_map<std::size_t, Feeds> by_hash;
  };

  void find_anchored(const Change& change, EventCache& events, Feeds& out) const;

  Feeds rest_;
  Feeds anchored_;
  Feeds imaged_;  // those of anchored_ that have to be asked about some kinds of change
  std::unordered_map<std::string, ByPath> paths_;
};

}  // namespace freshet::stream
