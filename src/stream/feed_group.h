// SPDX-License-Identifier: Apache-2.0
// The feeds of one scope, found by what their filters ask of a change: what a write costs follows
// the feeds it may concern.
//
//   operations ─► path ─► value ─► feeds           those whose filters tell by values or ranges
//                                  rest            those that have to be asked themselves
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "stream/change.h"
#include "stream/definition.h"
#include "stream/feed.h"
#include "stream/value_index.h"

namespace freshet::stream {

/// Not thread-safe. Does not own the feeds; a feed is in one group at most.
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
  using Paths = std::unordered_map<std::string, ValueIndex<Feed*>>;

  Feeds& list_of(const Feed& feed);
  template <typename Anchor>
  static void forget(Paths& paths, const Anchor& anchor, Feed& feed);
  void find_anchored(const Change& change, EventCache& events, Feeds& out) const;

  Feeds rest_;
  Feeds anchored_;
  Feeds imaged_;  // those of anchored_ that have to be asked about some kinds of change
  std::map<std::uint32_t, Paths> by_kinds_;  // which kinds of document change they may want
};

}  // namespace freshet::stream
