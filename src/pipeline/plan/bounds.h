// SPDX-License-Identifier: Apache-2.0
// From a filter to ranges of an index. Bounds are always a superset: the filter is evaluated on
// every record again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/definitions.h"
#include "query/match_node.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// Encoded values of one component, ascending: begin <= key < end. An empty end is open.
struct Interval {
  std::string begin;
  std::string end;
};

/// What a filter says of one path.
struct PathBounds {
  enum class Shape { Point, Points, Range, Full };
  std::vector<Interval> intervals;  ///< sorted, disjoint
  Shape shape = Shape::Full;
  bool excludes_missing = false;  ///< no document without the path can match
};

/// A conjunct of the filter with the path it speaks of. Borrows the filter's tree.
struct Conjunct {
  std::string path;
  const query::MatchNode* node;
};

/// The conjuncts of `root` that speak of one path each, those inside $elemMatch under their full
/// path.
std::vector<Conjunct> conjuncts_of(const query::MatchNode& root);

/// The ranges of an index that hold every document matching the conjuncts.
struct IndexBounds {
  std::vector<storage::KeyRange> ranges;  ///< sorted, disjoint
  std::size_t points = 0;                 ///< leading components bound to single values
  std::size_t bounded = 0;                ///< leading components bound at all
  bool several_values =
      false;  ///< some component has more than one interval: key order is not sort order
  std::string description;  ///< {path: [shape]} for explain
};

/// Most ranges one scan may have; above it trailing components are left open.
inline constexpr std::size_t kRangesMax = 4096;

/// Nothing when the index does not hold every document that may match (sparse, partial, another
/// collation).
std::optional<IndexBounds> index_bounds(const catalog::IndexDefinition& index,
                                        const std::vector<Conjunct>& conjuncts,
                                        const bson::StringOrder* collation, bool same_collation);

/// Whether every document that satisfies the conjuncts satisfies `partial` too (a sound, incomplete
/// test).
bool implies(const std::vector<Conjunct>& conjuncts, const query::MatchNode& partial);

}  // namespace freshet::pipeline
