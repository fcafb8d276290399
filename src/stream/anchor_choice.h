// SPDX-License-Identifier: Apache-2.0
// Which part of a conjunction the index finds it by: the one that fewest events are likely to meet.
#pragma once

#include <optional>
#include <vector>

#include "stream/anchor.h"

namespace freshet::stream {

/// The better of two: fewer events hold its anchors. Values come before ranges, ranges with two
/// ends before those with one, and what most events share (operationType) last.
std::optional<Anchors> better_of(std::optional<Anchors> left, std::optional<Anchors> right);

/// Takes the parts one by one. Bounds of one path become one range.
class AnchorChoice {
 public:
  /// Nothing: a part without anchors.
  void add(std::optional<Anchors> part);
  /// Nothing when no part has any.
  std::optional<Anchors> best() &&;

 private:
  bool narrow(const RangeAnchor& range);

  std::vector<RangeAnchor> ranges_;  // single ones, no two of one path and bracket
  std::optional<Anchors> best_;      // of the other parts
};

}  // namespace freshet::stream
