// SPDX-License-Identifier: Apache-2.0
// What a filter must find in an event, in a form that an index can hold: values under paths. An
// event that holds none of a filter's anchors cannot pass it; one that does still may not.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "query/match_node.h"

namespace freshet::stream {

/// A value under a path of the event, where a value is known by its hash: values that compare equal
/// have the same.
struct Anchor {
  std::string path;
  std::size_t hash = 0;
  bool operator==(const Anchor&) const = default;
};

/// One of them is in every event that passes.
using Anchors = std::vector<Anchor>;

/// More would cost more than they save: such a filter is asked about each event of its scope.
inline constexpr std::size_t kAnchorsMax = 1'000;

/// The anchors of a filter that tells by equality ($eq, $in, also inside $and, $or and $expr) what
/// it wants; nothing of the others. Strings under a collation are no anchors, nor are null, arrays,
/// documents and regular expressions, which match more than what equals them. `binary_strings`:
/// strings compare as bytes.
std::optional<Anchors> anchors_of(const query::MatchNode& filter, bool binary_strings);

/// The better of two: fewer events hold its anchors. Paths that most events share (operationType,
/// ns) come last.
std::optional<Anchors> better_of(std::optional<Anchors> left, std::optional<Anchors> right);

}  // namespace freshet::stream
