// SPDX-License-Identifier: Apache-2.0
// What anchors say of one change before its event is built: for streams that read the log, where no
// index stands between them and what others wrote.
#pragma once

#include <compare>
#include <vector>

#include "stream/anchor.h"
#include "stream/change.h"
#include "stream/value_index.h"

namespace freshet::stream {

/// Immutable, thread-safe.
class AnchorFilter {
 public:
  explicit AnchorFilter(const Anchors& anchors);

  /// False is certain: the event without images holds none of the anchors. Requires: the change is
  /// of a document.
  bool may_hold(const Change& change) const;

 private:
  /// There is nobody to tell apart.
  struct Filter {
    auto operator<=>(const Filter&) const = default;
  };
  using Index = ValueIndex<Filter>;
  std::vector<Index> paths_;  // empty: only the event itself could tell
};

}  // namespace freshet::stream
