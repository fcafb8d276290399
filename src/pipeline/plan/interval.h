// SPDX-License-Identifier: Apache-2.0
// Sets of encoded values of one index component, as sorted intervals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bson/compare.h"
#include "bson/value.h"

namespace freshet::pipeline {

/// A place between encoded values: before all keys that begin with what `value` encodes to, or
/// behind them.
struct Endpoint {
  std::string key;  ///< empty: the end of everything on this side
  /// What to show for it (explain); Missing for the end of everything. Borrows from the filter.
  bson::Value value;
  bool behind = false;  ///< behind `value`: exclusive as a begin, inclusive as an end
};

/// begin.key <= k < end.key; an empty end is open.
struct Interval {
  Endpoint begin;
  Endpoint end;

  bool is_full() const { return begin.key.empty() && end.key.empty(); }
};

/// Sorted and disjoint. Empty: nothing.
using IntervalSet = std::vector<Interval>;

IntervalSet full_set();
bool is_full(const IntervalSet& set);
/// Exactly the keys of one value.
Interval point(bson::ValueView value, const bson::StringOrder* order);
/// The keys of one encoded value that `shown` stands for.
Interval point_of_key(std::string key, bson::Value shown);
/// Whether the interval holds one value only. Sound, and complete for what point() makes.
bool is_point(const Interval& interval);
/// Whether every interval is a point; false for the empty set.
bool all_points(const IntervalSet& set);

/// For choosing the narrower of two sets: fewer points, then fewer ranges, the full set last.
std::size_t breadth(const IntervalSet& set);

/// All values that compare with those of `type`; for numbers without NaN, which is equal to itself
/// only.
Interval bracket(bson::Type type);
/// All values of the types that share their keys with `type`.
Interval all_of(bson::Type type);

IntervalSet unite(IntervalSet a, IntervalSet b);
IntervalSet intersect(const IntervalSet& a, const IntervalSet& b);
IntervalSet complement(const IntervalSet& set);
bool same_set(const IntervalSet& a, const IntervalSet& b);
bool is_subset(const IntervalSet& a, const IntervalSet& b);
/// Sorts, joins what overlaps, drops what is empty.
IntervalSet normal(std::vector<Interval> intervals);

/// "[1, 5)", as explain shows it.
std::string text_of(const Interval& interval, bool descending);

}  // namespace freshet::pipeline
