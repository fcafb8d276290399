// SPDX-License-Identifier: Apache-2.0
// From the demands of a filter to ranges of an index. The ranges hold a key of every document that
// matches; whoever walks them looks at the document again, unless the bounds are known to be exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/definitions.h"
#include "pipeline/plan/conjunct.h"
#include "pipeline/plan/interval.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// One component of the keys, as plans see it. A wildcard component stands as two: its path and the
/// value.
struct Component {
  std::string path;
  bool descending = false;
  bool hashed = false;
  std::uint32_t arrays = 0;          ///< see catalog::IndexShape
  std::optional<IntervalSet> fixed;  ///< bound to this, whatever the filter says

  bool ordered() const { return !hashed && !fixed; }
};

/// What a filter says of the keys of one index.
struct IndexBounds {
  std::vector<IntervalSet> sets;  ///< by component
  /// How many leading components the ranges are made of; the last may be a range, all before it are
  /// points.
  std::size_t used = 0;
  std::size_t points = 0;                 ///< leading components that are one value each
  bool relevant = false;                  ///< the filter says something of the first component
  bool excludes_missing = false;          ///< no document without all of the components can match
  std::vector<storage::KeyRange> ranges;  ///< sorted, disjoint
  /// The parts of the filter (Conjunct::whole) that every document with its only key in the ranges
  /// meets.
  std::vector<const query::MatchNode*> enforced;
};

/// Most ranges that several components may make together; above it trailing ones are left open.
inline constexpr std::size_t kRangesMax = 100'000;

IndexBounds index_bounds(const std::vector<Component>& components,
                         const std::vector<Conjunct>& conjuncts, const bson::StringOrder* order,
                         bool same_order);

/// The ranges of `sets` where the leading `used` components are taken from them.
std::vector<storage::KeyRange> ranges_of(const std::vector<Component>& components,
                                         const std::vector<IntervalSet>& sets, std::size_t used);

/// The components of an index that is not a wildcard index.
std::vector<Component> components_of(const catalog::IndexDefinition& index);

/// Whether an array stood at a part of the path that both share.
bool share_an_array(const Component& a, const Component& b);

}  // namespace freshet::pipeline
