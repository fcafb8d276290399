// SPDX-License-Identifier: Apache-2.0
// What a filter must find in an event, in a form that an index can hold: values, or ranges of them,
// under paths. An event that holds none of a filter's anchors cannot pass it; one that does still
// may not.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "query/match_node.h"
#include "stream/key_range.h"

namespace freshet::stream {

/// A value under a path of the event, where a value is known by its hash: values that compare equal
/// have the same.
struct ValueAnchor {
  std::string path;
  std::size_t hash = 0;
};

/// Any of the values of a range under a path of the event.
struct RangeAnchor {
  std::string path;
  KeyRange range;
};

/// One of them is in every event that passes.
struct Anchors {
  std::vector<ValueAnchor> values;
  std::vector<RangeAnchor> ranges;

  std::size_t size() const { return values.size() + ranges.size(); }
  void add(Anchors others);
};

/// More would cost more than they save: such a filter is asked about each event of its scope.
inline constexpr std::size_t kAnchorsMax = 1'000;

/// Filters that nest deeper than this are asked instead; parsing bounds them as well.
inline constexpr int kAnchorDepthMax = 50;

/// The anchors of a filter that tells by equality ($eq, $in), by ranges ($lt, $lte, $gt, $gte,
/// regular expressions with a literal prefix) or by expressions of these what it wants, also inside
/// $and, $or and $elemMatch; nothing of the others. Strings compared under a collation are no
/// anchors, nor are null, arrays, documents and regular expressions, which match more than what
/// equals them. `binary_strings`: strings compare as bytes.
std::optional<Anchors> anchors_of(const query::MatchNode& filter, bool binary_strings);

/// An anchor by equality; nothing for a value that cannot be one.
std::optional<Anchors> anchors_of_value(const std::string& path, bson::ValueView value,
                                        bool binary_strings);

}  // namespace freshet::stream
