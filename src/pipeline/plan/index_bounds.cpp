// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/index_bounds.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "bson/key.h"
#include "bson/stored_hash.h"
#include "pipeline/plan/conjunct_bounds.h"

namespace freshet::pipeline {
namespace {

using query::MatchNode;

/// Arrays behind the first `parts` parts of the path.
bool arrays_behind(const Component& component, std::size_t parts) {
  const std::size_t shift = std::min(parts, catalog::kArrayPartsMax - 1);
  return (component.arrays >> shift) != 0;
}

std::size_t shared_parts(std::string_view a, std::string_view b) {
  std::size_t parts = 0;
  for (std::size_t at = 0;;) {
    const std::size_t end_a = std::min(a.find('.', at), a.size());
    const std::size_t end_b = std::min(b.find('.', at), b.size());
    if (end_a != end_b || a.substr(at, end_a - at) != b.substr(at, end_b - at)) return parts;
    ++parts;
    if (end_a == a.size() || end_b == b.size()) return parts;
    at = end_a + 1;
  }
}

std::uint32_t shared_arrays(const Component& a, const Component& b) {
  const std::size_t parts = shared_parts(a.path, b.path);
  const std::uint32_t prefix =
      parts >= catalog::kArrayPartsMax ? ~std::uint32_t{0} : (std::uint32_t{1} << parts) - 1;
  return a.arrays & b.arrays & prefix;
}

/// Demands that one and the same key of a document meets: one of the filter's, or all of one
/// $elemMatch.
struct Group {
  IntervalSet all = full_set();   ///< met by every key of the element
  IntervalSet best = full_set();  ///< by some key of it
  const MatchNode* scope = nullptr;
  std::size_t scope_parts = 0;

  IntervalSet set() const { return intersect(all, best); }
};

/// What has been chosen for a component over which documents have several keys.
struct Chosen {
  bool bounds = false;  ///< by demands that some key meets, not every
  const MatchNode* scope = nullptr;
  std::size_t scope_parts = 0;
};

// A hash tells equality only; it is taken of the value's own key.
IntervalSet hashed_set(const IntervalSet& set) {
  if (!all_points(set)) return set.empty() ? set : full_set();
  std::vector<Interval> out;
  for (const Interval& interval : set) {
    std::string key;
    const auto hash = static_cast<std::int64_t>(bson::stored_hash_64(interval.begin.key));
    bson::append_key(key, bson::Value::int64(hash));
    out.push_back(point_of_key(std::move(key), interval.begin.value));
  }
  return normal(std::move(out));
}

class Builder {
 public:
  Builder(const std::vector<Component>& components, const std::vector<Conjunct>& conjuncts,
          const bson::StringOrder* order, bool same_order)
      : components_(components), conjuncts_(conjuncts), order_(order), same_order_(same_order) {}

  IndexBounds build() {
    for (std::size_t i = 0; i < components_.size(); ++i) {
      const Component& component = components_[i];
      IntervalSet set = component.fixed         ? *component.fixed
                        : component.arrays == 0 ? one_key(i)
                                                : several_keys(i);
      if (component.hashed) set = hashed_set(set);
      if (i == 0 && component.fixed) out_.relevant = true;
      out_.sets.push_back(std::move(set));
      chosen_.resize(i + 1);
    }
    count_used();
    out_.ranges = ranges_of(components_, out_.sets, out_.used);
    for (const auto& [component, part] : exact_) {
      if (component < out_.used) out_.enforced.push_back(part);
    }
    return std::move(out_);
  }

 private:
  ConjunctBounds bounds(const Conjunct& conjunct, const Component& component, std::size_t i) {
    const bool arrays = conjunct.scope != nullptr ? arrays_behind(component, conjunct.scope_parts)
                                                  : component.arrays != 0;
    ConjunctBounds out =
        bounds_of(conjunct, {.order = order_, .same_order = same_order_, .arrays = arrays});
    if (i == 0 && !is_full(out.set)) out_.relevant = true;
    if (excludes_missing(conjunct, arrays)) out_.excludes_missing = true;
    return out;
  }

  IntervalSet one_key(std::size_t i) {
    IntervalSet set = full_set();
    for (const Conjunct& conjunct : conjuncts_) {
      if (conjunct.path != components_[i].path) continue;
      const ConjunctBounds own = bounds(conjunct, components_[i], i);
      set = intersect(set, own.set);
      if (own.exact && conjunct.whole != nullptr && components_[i].ordered()) {
        exact_.emplace_back(i, conjunct.whole);
      }
    }
    return set;
  }

  // Different keys of a document may meet different demands: one of them may bound, along with all
  // that every key meets.
  IntervalSet several_keys(std::size_t i) {
    IntervalSet universal = full_set();
    std::vector<Group> groups;
    for (const Conjunct& conjunct : conjuncts_) {
      if (conjunct.path != components_[i].path) continue;
      const ConjunctBounds own = bounds(conjunct, components_[i], i);
      if (own.universal && conjunct.scope == nullptr) {
        universal = intersect(universal, own.set);
      } else {
        add(groups, conjunct, own, components_[i]);
      }
    }
    const Group* best = nullptr;
    for (const Group& group : groups) {
      if (is_full(group.set()) || !fits(group, i)) continue;
      if (best == nullptr || breadth(group.set()) < breadth(best->set())) best = &group;
    }
    chosen_.resize(i + 1);
    if (best == nullptr) return universal;
    chosen_[i] = {true, best->scope, best->scope_parts};
    return intersect(universal, best->set());
  }

  static void add(std::vector<Group>& groups, const Conjunct& conjunct, const ConjunctBounds& own,
                  const Component& component) {
    Group* group = nullptr;
    for (Group& each : groups) {
      if (conjunct.scope != nullptr && each.scope == conjunct.scope) group = &each;
    }
    if (group == nullptr) {
      group = &groups.emplace_back();
      group->scope = conjunct.scope;
      group->scope_parts = conjunct.scope_parts;
    }
    const bool one_key =
        conjunct.scope != nullptr && !arrays_behind(component, conjunct.scope_parts);
    if (one_key || own.universal) {
      group->all = intersect(group->all, own.set);
    } else if (breadth(own.set) < breadth(group->best)) {
      group->best = own.set;
    }
  }

  // Two components that go through one array take values out of the same element together: both may
  // bound only when they speak of one element.
  bool fits(const Group& group, std::size_t i) const {
    for (std::size_t j = 0; j < i; ++j) {
      if (!chosen_[j].bounds) continue;
      const std::uint32_t shared = shared_arrays(components_[i], components_[j]);
      if (shared == 0) continue;
      if (group.scope == nullptr || group.scope != chosen_[j].scope) return false;
      const auto last = static_cast<std::size_t>(std::bit_width(shared)) - 1;
      if (last >= group.scope_parts || last == catalog::kArrayPartsMax - 1) return false;
    }
    return true;
  }

  void count_used() {
    std::size_t combinations = 1;
    bool single = true;
    for (const IntervalSet& set : out_.sets) {
      if (is_full(set)) return;
      if (out_.used > 0 && combinations * set.size() > kRangesMax) return;
      ++out_.used;
      if (!all_points(set)) return;
      combinations *= set.size();
      single = single && set.size() == 1;
      if (single) ++out_.points;
    }
  }

  const std::vector<Component>& components_;
  const std::vector<Conjunct>& conjuncts_;
  const bson::StringOrder* order_;
  const bool same_order_;
  std::vector<Chosen> chosen_;
  std::vector<std::pair<std::size_t, const MatchNode*>> exact_;
  IndexBounds out_;
};

std::string inverted(std::string bytes) {
  for (char& c : bytes)
    c = static_cast<char>(~c);
  return bytes;
}

/// The interval as it lies in the keys: descending components hold inverted bytes, so it turns
/// round, and a bound lies before or behind everything that begins with it as it did before.
storage::KeyRange directed(const Interval& interval, bool descending) {
  if (!descending) return {interval.begin.key, interval.end.key};
  if (is_point(interval)) {
    std::string key = inverted(interval.begin.key);
    std::string end = bson::prefix_end(key);
    return {std::move(key), std::move(end)};
  }
  storage::KeyRange out;
  if (!interval.end.key.empty()) out.begin = bson::prefix_end(inverted(interval.end.key));
  if (!interval.begin.key.empty()) out.end = bson::prefix_end(inverted(interval.begin.key));
  return out;
}

}  // namespace

std::vector<storage::KeyRange> ranges_of(const std::vector<Component>& components,
                                         const std::vector<IntervalSet>& sets, std::size_t used) {
  std::vector<storage::KeyRange> out{{}};
  for (std::size_t i = 0; i < used; ++i) {
    std::vector<storage::KeyRange> next;
    next.reserve(out.size() * sets[i].size());
    for (const storage::KeyRange& prefix : out) {
      for (const Interval& interval : sets[i]) {
        storage::KeyRange own = directed(interval, components[i].descending);
        next.push_back({prefix.begin + own.begin,
                        own.end.empty() ? bson::prefix_end(prefix.begin) : prefix.begin + own.end});
      }
    }
    out = std::move(next);
  }
  std::sort(out.begin(), out.end(), [](const storage::KeyRange& a, const storage::KeyRange& b) {
    return a.begin < b.begin;
  });
  return out;
}

IndexBounds index_bounds(const std::vector<Component>& components,
                         const std::vector<Conjunct>& conjuncts, const bson::StringOrder* order,
                         bool same_order) {
  return Builder(components, conjuncts, order, same_order).build();
}

std::vector<Component> components_of(const catalog::IndexDefinition& index) {
  std::vector<Component> out;
  for (std::size_t i = 0; i < index.parts.size(); ++i) {
    const catalog::IndexPart& part = index.parts[i];
    out.push_back({.path = part.path,
                   .descending = part.descending(),
                   .hashed = part.kind == catalog::IndexPart::Kind::Hashed,
                   .arrays = index.runtime->known.arrays[i].load()});
  }
  return out;
}

bool share_an_array(const Component& a, const Component& b) {
  return shared_arrays(a, b) != 0;
}

}  // namespace freshet::pipeline
