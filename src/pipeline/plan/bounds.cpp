// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/bounds.h"

#include <algorithm>

#include "bson/builder.h"
#include "bson/key.h"
#include "collection/index_keys.h"

namespace freshet::pipeline {
namespace {

using bson::Type;
using query::ComparisonNode;
using query::MatchKind;
using query::MatchNode;
using Shape = PathBounds::Shape;

// First bytes of the ranks, as bson/key.cpp writes them: eight apart, numbers take three steps.
constexpr unsigned char kNumbersBegin = 0x18;
constexpr unsigned char kNumbersEnd = 0x30;
constexpr unsigned char kStringsBegin = 0x38;

std::string byte(unsigned char value) {
  return std::string(1, static_cast<char>(value));
}

Interval bracket_of(std::string_view encoded) {
  const auto first = static_cast<unsigned char>(encoded.front());
  if (first >= kNumbersBegin && first < kNumbersEnd)
    return {byte(kNumbersBegin), byte(kNumbersEnd)};
  const auto base = static_cast<unsigned char>(first & ~7U);
  return {byte(base), byte(static_cast<unsigned char>(base + 8))};
}

std::string encode(bson::ValueView value, const bson::StringOrder* order) {
  std::string out;
  bson::append_key(out, value, false, order);
  return out;
}

Interval point(const std::string& encoded) {
  return {encoded, bson::prefix_end(encoded)};
}

void normalise(std::vector<Interval>& intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  std::vector<Interval> out;
  for (Interval& interval : intervals) {
    if (!out.empty() && (out.back().end.empty() || interval.begin < out.back().end)) {
      if (!out.back().end.empty() && (interval.end.empty() || interval.end > out.back().end)) {
        out.back().end = interval.end;
      }
      continue;
    }
    out.push_back(std::move(interval));
  }
  intervals = std::move(out);
}

// Keys of documents that may equal `value`: an array stands in an index by its elements, or as a
// whole inside another.
void add_equal(bson::ValueView value, const bson::StringOrder* order, std::vector<Interval>& out) {
  out.push_back(point(encode(value, order)));
  if (value.type() == Type::Null) {
    const char none = 0;
    out.push_back(point(encode(bson::ValueView(Type::Undefined, &none, 0), order)));
  }
  if (!value.is_array()) return;
  const bson::View array = value.as_document();
  const char none = 0;
  out.push_back(point(
      encode(array.empty() ? bson::ValueView(Type::Undefined, &none, 0) : (*array.begin()).value(),
             order)));
}

PathBounds full() {
  return {{{std::string(), std::string()}}, Shape::Full, false};
}

bool depends_on_collation(bson::ValueView value) {
  return value.is_string() || value.type() == Type::Symbol || value.is_document() ||
         value.is_array();
}

PathBounds comparison_bounds(const ComparisonNode& node, bool same_collation) {
  const bson::ValueView operand = node.operand();
  if (!same_collation && depends_on_collation(operand)) return full();
  PathBounds out;
  const bool null_operand = operand.type() == Type::Null || operand.type() == Type::Undefined;
  if (node.op() == ComparisonNode::Op::Equal || null_operand) {
    add_equal(operand, node.order(), out.intervals);
    normalise(out.intervals);
    out.shape = out.intervals.size() == 1 ? Shape::Point : Shape::Points;
    out.excludes_missing = !null_operand;
    return out;
  }
  // MinKey and MaxKey compare with every type; arrays compare as a whole but are indexed by
  // element.
  if (operand.type() == Type::MinKey || operand.type() == Type::MaxKey || operand.is_array())
    return full();
  const std::string encoded = encode(operand, node.order());
  Interval bracket = bracket_of(encoded);
  const bool less =
      node.op() == ComparisonNode::Op::Less || node.op() == ComparisonNode::Op::LessEqual;
  if (less) {
    bracket.end = node.op() == ComparisonNode::Op::LessEqual ? bson::prefix_end(encoded) : encoded;
    if (bracket.end < bracket.begin) bracket.end = bracket.begin;
  } else {
    bracket.begin = encoded;
  }
  out.intervals.push_back(std::move(bracket));
  out.shape = Shape::Range;
  out.excludes_missing = true;
  return out;
}

void add_regex(const query::RegexNode& node, bool same_collation,
               const bson::StringOrder* collation, std::vector<Interval>& out) {
  std::string prefix =
      same_collation && collation == nullptr ? node.regex().literal_prefix() : std::string();
  if (const auto zero = prefix.find('\0'); zero != std::string::npos) prefix.resize(zero);
  std::string begin = byte(kStringsBegin) + prefix;
  std::string end = bson::prefix_end(begin);
  out.push_back({std::move(begin), std::move(end)});
  const bson::Value itself = bson::Value::regex(node.regex().pattern(), node.regex().options());
  out.push_back(point(encode(itself, nullptr)));
}

PathBounds in_bounds(const query::InNode& node, bool same_collation) {
  PathBounds out;
  for (const bson::Value& value : node.values()) {
    if (!same_collation && depends_on_collation(value)) return full();
    add_equal(value, node.order(), out.intervals);
  }
  for (const auto& regex : node.regexes())
    add_regex(*regex, same_collation, node.order(), out.intervals);
  normalise(out.intervals);
  out.shape = node.regexes().empty() ? Shape::Points : Shape::Range;
  if (out.shape == Shape::Points && out.intervals.size() == 1) out.shape = Shape::Point;
  out.excludes_missing = !node.has_null();
  return out;
}

PathBounds intersect(const PathBounds& a, const PathBounds& b) {
  PathBounds out;
  for (const Interval& x : a.intervals) {
    for (const Interval& y : b.intervals) {
      Interval both{std::max(x.begin, y.begin), x.end};
      if (both.end.empty() || (!y.end.empty() && y.end < both.end)) both.end = y.end;
      if (both.end.empty() || both.begin < both.end) out.intervals.push_back(std::move(both));
    }
  }
  normalise(out.intervals);
  out.shape = std::min(a.shape, b.shape);
  out.excludes_missing = a.excludes_missing || b.excludes_missing;
  return out;
}

PathBounds bounds_of(const MatchNode& node, const bson::StringOrder* collation,
                     bool same_collation) {
  switch (node.kind()) {
    case MatchKind::Comparison:
      return comparison_bounds(static_cast<const ComparisonNode&>(node), same_collation);
    case MatchKind::In:
      return in_bounds(static_cast<const query::InNode&>(node), same_collation);
    case MatchKind::Regex: {
      PathBounds out{{}, Shape::Range, true};
      add_regex(static_cast<const query::RegexNode&>(node), same_collation, collation,
                out.intervals);
      normalise(out.intervals);
      return out;
    }
    case MatchKind::ElemMatchValue: {
      PathBounds out = full();
      for (const auto& predicate :
           static_cast<const query::ElemMatchValueNode&>(node).predicates()) {
        out = intersect(out, bounds_of(*predicate, collation, same_collation));
      }
      out.excludes_missing = true;
      return out;
    }
    case MatchKind::Exists:
    case MatchKind::Size:
    case MatchKind::Mod:
    case MatchKind::Bits: {
      PathBounds out = full();
      out.excludes_missing = true;
      return out;
    }
    default:
      return full();
  }
}

void collect(const MatchNode& node, const std::string& prefix, std::vector<Conjunct>& out) {
  switch (node.kind()) {
    case MatchKind::And:
      for (const auto& child : static_cast<const query::ListNode&>(node).children())
        collect(*child, prefix, out);
      return;
    case MatchKind::ElemMatchObject: {
      const auto& match = static_cast<const query::ElemMatchObjectNode&>(node);
      collect(match.filter(), prefix + match.path().text() + ".", out);
      return;
    }
    case MatchKind::Comparison:
    case MatchKind::In:
    case MatchKind::Regex:
    case MatchKind::Exists:
    case MatchKind::Type:
    case MatchKind::Size:
    case MatchKind::Mod:
    case MatchKind::Bits:
    case MatchKind::ElemMatchValue:
      out.push_back({prefix + static_cast<const query::PathNode&>(node).path().text(), &node});
      return;
    default:
      return;
  }
}

// What all conjuncts on the part's path say together. Over an array different elements may satisfy
// different conjuncts, so there only one of them may bound.
PathBounds part_bounds(const std::string& path, bool multikey,
                       const std::vector<Conjunct>& conjuncts, const bson::StringOrder* collation,
                       bool same_collation) {
  PathBounds best = full();
  for (const Conjunct& conjunct : conjuncts) {
    if (conjunct.path != path) continue;
    PathBounds bounds = bounds_of(*conjunct.node, collation, same_collation);
    if (!multikey) {
      best = intersect(best, bounds);
    } else {
      const bool excludes = best.excludes_missing || bounds.excludes_missing;
      if (bounds.shape < best.shape) best = std::move(bounds);
      best.excludes_missing = excludes;
    }
  }
  return best;
}

// Descending components hold inverted bytes, so an interval turns round.
Interval directed(const Interval& interval, bool descending) {
  if (!descending) return interval;
  auto inverted = [](std::string bytes) {
    for (char& c : bytes)
      c = static_cast<char>(~c);
    return bytes;
  };
  Interval out;
  out.begin = interval.end.empty() ? std::string() : inverted(interval.end);
  out.end = interval.begin.empty() ? std::string() : bson::prefix_end(inverted(interval.begin));
  return out;
}

std::string_view shape_name(Shape shape) {
  constexpr std::string_view kNames[] = {"point", "points", "range", "[MinKey, MaxKey]"};
  return kNames[static_cast<std::size_t>(shape)];
}

// Extends each prefix by one component's points.
bool extend(std::vector<std::string>& prefixes, const std::vector<Interval>& points) {
  if (prefixes.size() * points.size() > kRangesMax) return false;
  std::vector<std::string> out;
  out.reserve(prefixes.size() * points.size());
  for (const std::string& prefix : prefixes) {
    for (const Interval& interval : points)
      out.push_back(prefix + interval.begin);
  }
  prefixes = std::move(out);
  return true;
}

void close_ranges(const std::vector<std::string>& prefixes, const std::vector<Interval>& last,
                  IndexBounds& out) {
  for (const std::string& prefix : prefixes) {
    for (const Interval& interval : last) {
      out.ranges.push_back({prefix + interval.begin, interval.end.empty() ? bson::prefix_end(prefix)
                                                                          : prefix + interval.end});
    }
  }
}

std::vector<Interval> points_of(const catalog::IndexDefinition& index, std::size_t part,
                                const PathBounds& bounds) {
  std::vector<Interval> out;
  for (const Interval& interval : bounds.intervals) {
    Interval turned = directed({interval.begin, std::string()}, false);
    if (index.parts[part].descending()) {
      for (char& c : turned.begin)
        c = static_cast<char>(~c);
    }
    out.push_back(std::move(turned));
  }
  std::sort(out.begin(), out.end(),
            [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  return out;
}

std::vector<Interval> intervals_of(const catalog::IndexDefinition& index, std::size_t part,
                                   const PathBounds& bounds) {
  std::vector<Interval> out;
  for (const Interval& interval : bounds.intervals)
    out.push_back(directed(interval, index.parts[part].descending()));
  normalise(out);
  return out;
}

}  // namespace

std::vector<Conjunct> conjuncts_of(const MatchNode& root) {
  std::vector<Conjunct> out;
  collect(root, std::string(), out);
  return out;
}

std::optional<IndexBounds> index_bounds(const catalog::IndexDefinition& index,
                                        const std::vector<Conjunct>& conjuncts,
                                        const bson::StringOrder* collation, bool same_collation) {
  if (index.partial && !implies(conjuncts, index.partial->root())) return std::nullopt;
  IndexBounds out;
  bson::Builder description;
  std::vector<std::string> prefixes{std::string()};
  bool closed = false;
  bool holds_missing = index.sparse;
  bool array_bounded = false;
  for (std::size_t i = 0; i < index.parts.size(); ++i) {
    const catalog::IndexPart& part = index.parts[i];
    PathBounds bounds =
        part_bounds(part.path, index.multikey_part(i), conjuncts, collation, same_collation);
    if (bounds.excludes_missing) holds_missing = false;
    const bool hashed = part.kind == catalog::IndexPart::Kind::Hashed;
    const bool second_array = index.multikey_part(i) && array_bounded;
    if (hashed || second_array)
      bounds.shape = Shape::Full;  // hashed values come as points of their own, see planner
    description.add(part.path, shape_name(bounds.shape));
    if (closed) continue;
    const bool is_points = bounds.shape == Shape::Point || bounds.shape == Shape::Points;
    if (bounds.intervals.empty() &&
        bounds.shape != Shape::Full) {  // contradictory: nothing can match
      prefixes.clear();
      closed = true;
    } else if (is_points && extend(prefixes, points_of(index, i, bounds))) {
      if (bounds.shape == Shape::Point && out.points == i) ++out.points;
      if (bounds.intervals.size() > 1) out.several_values = true;
      ++out.bounded;
    } else {
      if (bounds.shape == Shape::Full) {
        close_ranges(prefixes, {{std::string(), std::string()}}, out);
      } else {
        const std::vector<Interval> intervals = intervals_of(index, i, bounds);
        if (intervals.size() > 1) out.several_values = true;
        close_ranges(prefixes, intervals, out);
        ++out.bounded;
      }
      closed = true;
    }
    if (index.multikey_part(i) && bounds.shape != Shape::Full) array_bounded = true;
  }
  if (holds_missing) return std::nullopt;
  if (!closed) close_ranges(prefixes, {{std::string(), std::string()}}, out);
  std::sort(
      out.ranges.begin(), out.ranges.end(),
      [](const storage::KeyRange& a, const storage::KeyRange& b) { return a.begin < b.begin; });
  out.description = description.take();
  return out;
}

namespace {

bool implies_one(const Conjunct& have, const MatchNode& want) {
  if (have.node->kind() == MatchKind::Comparison && want.kind() == MatchKind::Exists) {
    const auto& node = static_cast<const ComparisonNode&>(*have.node);
    return node.operand().type() != Type::Null && node.operand().type() != Type::Undefined;
  }
  if (have.node->kind() == want.kind() && want.kind() == MatchKind::Exists) return true;
  if (have.node->kind() != MatchKind::Comparison || want.kind() != MatchKind::Comparison)
    return false;
  const auto& a = static_cast<const ComparisonNode&>(*have.node);
  const auto& b = static_cast<const ComparisonNode&>(want);
  if (a.order() != b.order() && depends_on_collation(a.operand())) return false;
  if (bson::canonical_rank(a.operand().type()) != bson::canonical_rank(b.operand().type()))
    return false;
  const int order = bson::compare(a.operand(), b.operand(), a.order());
  using Op = ComparisonNode::Op;
  const bool equal = a.op() == Op::Equal;
  switch (b.op()) {
    case Op::Equal:
      return equal && order == 0;
    case Op::Less:
      return (a.op() == Op::Less && order <= 0) ||
             ((equal || a.op() == Op::LessEqual) && order < 0);
    case Op::LessEqual:
      return (equal || a.op() == Op::Less || a.op() == Op::LessEqual) && order <= 0;
    case Op::Greater:
      return (a.op() == Op::Greater && order >= 0) ||
             ((equal || a.op() == Op::GreaterEqual) && order > 0);
    case Op::GreaterEqual:
      return (equal || a.op() == Op::Greater || a.op() == Op::GreaterEqual) && order >= 0;
  }
  return false;
}

}  // namespace

bool implies(const std::vector<Conjunct>& conjuncts, const MatchNode& partial) {
  if (partial.kind() == MatchKind::AlwaysTrue) return true;
  if (partial.kind() == MatchKind::And) {
    const auto& children = static_cast<const query::ListNode&>(partial).children();
    return std::all_of(children.begin(), children.end(),
                       [&](const auto& child) { return implies(conjuncts, *child); });
  }
  if (partial.kind() != MatchKind::Comparison && partial.kind() != MatchKind::Exists) return false;
  const std::string& path = static_cast<const query::PathNode&>(partial).path().text();
  return std::any_of(conjuncts.begin(), conjuncts.end(), [&](const Conjunct& conjunct) {
    return conjunct.path == path && implies_one(conjunct, partial);
  });
}

}  // namespace freshet::pipeline
