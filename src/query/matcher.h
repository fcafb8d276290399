// SPDX-License-Identifier: Apache-2.0
// The filter language: parse once, match many.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bson/view.h"
#include "query/context.h"

namespace freshet::query {

/// What matched, for the positional operator: the index of the array element that satisfied the
/// filter.
struct MatchDetails {
  std::optional<std::size_t> array_index;
};

/// What a filter is held against: documents of a collection, or parts of one document, which cannot
/// be searched for.
enum class FilterOf { Documents, Parts };

/// One node of a parsed filter. Immutable, thread-safe; borrows nothing from the filter it was
/// parsed from.
class MatchNode;

/// A parsed filter. Immutable and thread-safe; movable.
class Matcher {
 public:
  /// Throws BadValue & co. with MongoDB's codes. Copies what it needs out of `filter`.
  Matcher(bson::View filter, const QueryContext& context, FilterOf of = FilterOf::Documents);
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  bool matches(bson::View document, MatchDetails* details = nullptr) const;
  /// Matches one value as if it were `path`'s value alone ($pull, $elemMatch, arrayFilters on
  /// values).
  bool always_true() const;
  /// The parsed tree, for the planner and the subscription index.
  const MatchNode& root() const;
  /// The filter it was parsed from (owned copy).
  bson::View filter() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::query
