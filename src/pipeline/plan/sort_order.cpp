// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/sort_order.h"

#include <algorithm>

#include "pipeline/plan/conjunct.h"

namespace freshet::pipeline {
namespace {

using storage::Direction;

bool has_place(std::string_view path) {
  Conjunct conjunct;
  conjunct.path = path;
  return conjunct.has_place();
}

class OrderFinder {
 public:
  OrderFinder(const std::vector<Component>& components, const IndexBounds& bounds,
              const query::SortPattern& sort, std::size_t apart)
      : components_(components), bounds_(bounds), sort_(sort), apart_(apart) {}

  std::optional<Direction> find() {
    for (const query::SortPattern::Part& wanted : sort_.parts()) {
      if (wanted.metadata) return std::nullopt;
      if (is_constant(wanted.path)) continue;
      // What is the same in all keys of a walk leaves the order to what follows.
      while (at_ < components_.size() && is_one_value(at_))
        ++at_;
      if (at_ == components_.size() || !gives(components_[at_], wanted)) return std::nullopt;
      ++at_;
    }
    return direction_.value_or(Direction::Forward);
  }

 private:
  /// All keys of a walk have the same there.
  bool is_one_value(std::size_t i) const {
    return i < bounds_.points || (i < apart_ && all_points(bounds_.sets[i]));
  }

  /// All documents of a walk have the same value there.
  bool is_constant(std::string_view path) const {
    for (std::size_t i = 0; i < components_.size() && is_one_value(i); ++i) {
      const bool whole = components_[i].arrays == 0 && components_[i].ordered();
      if (whole && components_[i].path == path) return true;
    }
    return false;
  }

  bool gives(const Component& component, const query::SortPattern::Part& wanted) {
    if (component.path != wanted.path || !component.ordered()) return false;
    if (component.arrays != 0 && !all_keys_are_walked()) return false;
    const Direction direction =
        component.descending == wanted.descending ? Direction::Forward : Direction::Backward;
    if (direction_ && *direction_ != direction) return false;
    direction_ = direction;
    return true;
  }

  // A document with an array sorts by its smallest or largest element, which a walk comes to first
  // when it comes to all of them.
  bool all_keys_are_walked() const {
    const Component& component = components_[at_];
    if (!is_full(bounds_.sets[at_]) || has_place(component.path)) return false;
    for (std::size_t i = 0; i < at_; ++i) {
      if (share_an_array(components_[i], component)) return false;
    }
    return true;
  }

  const std::vector<Component>& components_;
  const IndexBounds& bounds_;
  const query::SortPattern& sort_;
  const std::size_t apart_;
  std::size_t at_ = 0;
  std::optional<Direction> direction_;
};

/// Leading components of single values, as long as there are not too many together. Of those over
/// which documents have several keys one value only, so that no document is in two walks.
std::size_t separable(const std::vector<Component>& components, const IndexBounds& bounds) {
  std::size_t walks = 1;
  std::size_t count = 0;
  while (count < bounds.used && all_points(bounds.sets[count])) {
    walks *= bounds.sets[count].size();
    const bool disjoint = components[count].arrays == 0 || bounds.sets[count].size() == 1;
    if (walks > kMergedMax || !disjoint) return count;
    ++count;
  }
  return count;
}

}  // namespace

std::optional<IndexOrder> index_order(const std::vector<Component>& components,
                                      const IndexBounds& bounds, const query::SortPattern& sort) {
  if (const auto direction = OrderFinder(components, bounds, sort, 0).find()) {
    return IndexOrder{*direction, 0};
  }
  const std::size_t apart = separable(components, bounds);
  if (apart <= bounds.points) return std::nullopt;
  if (const auto direction = OrderFinder(components, bounds, sort, apart).find()) {
    return IndexOrder{*direction, apart};
  }
  return std::nullopt;
}

}  // namespace freshet::pipeline
