// SPDX-License-Identifier: Apache-2.0
// Who wants what under one path: the anchors of many filters, found by what a change has there,
// which is read once for all of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bson/compare.h"
#include "stream/anchor.h"
#include "stream/change.h"
#include "stream/event_path.h"
#include "stream/interval_index.h"
#include "stream/value_hull.h"

namespace freshet::stream {

/// T stands for whoever wants it: small, ordered. Movable. Not thread-safe, but find() may run
/// beside find().
template <typename T>
class ValueIndex {
 public:
  explicit ValueIndex(std::string_view dotted) : path_(dotted) {}

  /// False when find() needs the event of the change.
  bool reads_entry() const { return path_.reads_entry(); }
  bool empty() const { return by_hash_.empty() && ranges_.empty() && of_expressions_.empty(); }

  void add(const ValueAnchor& anchor, T value) { by_hash_[anchor.hash].push_back(value); }
  void add(const RangeAnchor& anchor, T value) {
    tree_of(anchor.range).add(anchor.range.begin, anchor.range.end, value);
  }

  /// Removes what stands there; nothing happens when nothing does.
  void remove(const ValueAnchor& anchor, T value) {
    const auto found = by_hash_.find(anchor.hash);
    if (found == by_hash_.end()) return;
    std::erase(found->second, value);
    if (found->second.empty()) by_hash_.erase(found);
  }
  void remove(const RangeAnchor& anchor, T value) {
    tree_of(anchor.range).remove(anchor.range.begin, anchor.range.end, value);
  }

  /// Calls found(T) for whoever may want what the change has under the path; more than once for
  /// some. `event` is looked at only when reads_entry() is false. Requires: `change` is of a
  /// document.
  template <typename Found>
  void find(const Change& change, bson::View event, Found&& found) const {
    ValueHulls hulls;
    if (!by_hash_.empty() || !ranges_.empty()) {
      path_.visit(change, event, [&](bson::ValueView value) {
        if (!by_hash_.empty()) find_equal(value, found);
        if (!ranges_.empty()) hulls.add(value);
      });
    }
    for (const ValueHulls::Hull& hull : hulls)
      ranges_.find(hull.low, hull.high, found);
    if (of_expressions_.empty()) return;
    std::string place;
    append_place(place, path_.expression_value(change, event));
    of_expressions_.find(place, place, found);
  }

 private:
  IntervalIndex<T>& tree_of(const KeyRange& range) {
    return range.across_types() ? of_expressions_ : ranges_;
  }

  template <typename Found>
  void find_equal(bson::ValueView value, Found& found) const {
    const auto equal = by_hash_.find(bson::hash(value));
    if (equal == by_hash_.end()) return;
    for (const T& one : equal->second)
      found(one);
  }

  EventPath path_;
  std::unordered_map<std::size_t, std::vector<T>> by_hash_;
  IntervalIndex<T> ranges_;          // of match operators: any of the path's values will do
  IntervalIndex<T> of_expressions_;  // which see one value, an array as a whole
};

}  // namespace freshet::stream
