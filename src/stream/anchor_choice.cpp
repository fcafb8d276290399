// SPDX-License-Identifier: Apache-2.0
#include "stream/anchor_choice.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace freshet::stream {
namespace {

/// Paths whose bounds are put together; each further bound stands for itself.
constexpr std::size_t kRangesMax = 32;

// How many events may hold an anchor, as guesses that order them. So a list of values, of which
// there may be kAnchorsMax, is no worse than a range.
constexpr std::size_t kValue = 1;
constexpr std::size_t kTwoSided = 1'000;
constexpr std::size_t kNamespace = 2'000;
constexpr std::size_t kOneSided = 4'000;
constexpr std::size_t kOperationType = 1'000'000;

std::size_t weight_of_path(std::string_view path) {
  if (path == "operationType") return kOperationType;
  return path == "ns" || path.starts_with("ns.") ? kNamespace : kValue;
}

std::size_t weight_of(const Anchors& anchors) {
  std::size_t weight = 0;
  for (const ValueAnchor& anchor : anchors.values)
    weight += weight_of_path(anchor.path);
  for (const RangeAnchor& anchor : anchors.ranges) {
    weight +=
        std::max(weight_of_path(anchor.path), anchor.range.is_two_sided() ? kTwoSided : kOneSided);
  }
  return weight;
}

Anchors only(RangeAnchor range) {
  Anchors anchors;
  anchors.ranges.push_back(std::move(range));
  return anchors;
}

}  // namespace

std::optional<Anchors> better_of(std::optional<Anchors> left, std::optional<Anchors> right) {
  if (!left) return right;
  if (!right) return left;
  return weight_of(*left) <= weight_of(*right) ? std::move(left) : std::move(right);
}

void AnchorChoice::add(std::optional<Anchors> part) {
  const bool is_range = part && part->values.empty() && part->ranges.size() == 1;
  if (is_range && narrow(part->ranges.front())) return;
  if (is_range && ranges_.size() < kRangesMax) {
    ranges_.push_back(std::move(part->ranges.front()));
  } else {
    best_ = better_of(std::move(best_), std::move(part));
  }
}

bool AnchorChoice::narrow(const RangeAnchor& range) {
  return std::ranges::any_of(ranges_, [&](RangeAnchor& known) {
    return known.path == range.path && known.range.narrow(range.range);
  });
}

std::optional<Anchors> AnchorChoice::best() && {
  for (RangeAnchor& range : ranges_)
    best_ = better_of(std::move(best_), only(std::move(range)));
  return std::move(best_);
}

}  // namespace freshet::stream
