// SPDX-License-Identifier: Apache-2.0
#include "stream/anchor_filter.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace freshet::stream {

AnchorFilter::AnchorFilter(const Anchors& anchors) {
  std::unordered_map<std::string, Index> by_path;
  const auto add = [&](const auto& anchor) {
    by_path.try_emplace(anchor.path, anchor.path).first->second.add(anchor, Filter{});
  };
  std::ranges::for_each(anchors.values, add);
  std::ranges::for_each(anchors.ranges, add);
  for (auto& [dotted, index] : by_path)
    paths_.push_back(std::move(index));
  if (!std::ranges::all_of(paths_, &Index::reads_entry)) paths_.clear();
}

bool AnchorFilter::may_hold(const Change& change) const {
  bool held = paths_.empty();
  for (const Index& index : paths_) {
    if (held) return true;
    index.find(change, {}, [&held](Filter) { held = true; });
  }
  return held;
}

}  // namespace freshet::stream
