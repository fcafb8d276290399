// SPDX-License-Identifier: Apache-2.0
// What anchors say of one change before its event is built: for streams that read the log, where no
// index stands between them and what others wrote.
#pragma once

#include <cstddef>
#include <unordered_set>
#include <vector>

#include "stream/anchor.h"
#include "stream/change.h"
#include "stream/event_path.h"

namespace freshet::stream {

/// Immutable, thread-safe.
class AnchorFilter {
 public:
  explicit AnchorFilter(const Anchors& anchors);

  /// False is certain: the event without images holds none of the anchors. Requires: the change is
  /// of a document.
  bool may_hold(const Change& change) const;

 private:
  struct ByPath {
    EventPath path;
    std::unordered_set<std::size_t> hashes;
  };
  std::vector<ByPath> paths_;  // empty: only the event itself could tell
};

}  // namespace freshet::stream
