// SPDX-License-Identifier: Apache-2.0
#include "stream/anchor_filter.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "bson/compare.h"

namespace freshet::stream {

AnchorFilter::AnchorFilter(const Anchors& anchors) {
  std::unordered_map<std::string, std::unordered_set<std::size_t>> by_path;
  for (const Anchor& anchor : anchors)
    by_path[anchor.path].insert(anchor.hash);
  for (auto& [dotted, hashes] : by_path)
    paths_.push_back({EventPath(dotted), std::move(hashes)});
  const auto reads = [](const ByPath& one) { return one.path.reads_entry(); };
  if (!std::ranges::all_of(paths_, reads)) paths_.clear();
}

bool AnchorFilter::may_hold(const Change& change) const {
  bool held = paths_.empty();
  for (const ByPath& one : paths_) {
    if (held) return true;
    one.path.visit(change, {}, [&](bson::ValueView value) {
      held = held || one.hashes.contains(bson::hash(value));
    });
  }
  return held;
}

}  // namespace freshet::stream
