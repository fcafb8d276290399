// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/interval.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "bson/json.h"
#include "bson/key.h"
#include "bson/key_bytes.h"

namespace freshet::pipeline {
namespace {

using bson::Type;
using bson::Value;
namespace key_bytes = bson::key_bytes;

std::string byte(key_bytes::Byte value) {
  return std::string(1, static_cast<char>(value));
}

/// a's end against b's, the open one being the last.
bool ends_before(const Endpoint& a, const Endpoint& b) {
  if (a.key.empty() || b.key.empty()) return !a.key.empty();
  return a.key < b.key;
}

bool is_empty(const Interval& interval) {
  return !interval.end.key.empty() && interval.begin.key >= interval.end.key;
}

/// The value that an interval over all of a type is shown to begin with.
Value lowest_of(Type type) {
  switch (type) {
    case Type::Double:
    case Type::Int32:
    case Type::Int64:
    case Type::Decimal128:
      return Value::number(-std::numeric_limits<double>::infinity());
    case Type::String:
    case Type::Symbol:
      return Value::string("");
    case Type::Document:
      return Value::document(std::string("\5\0\0\0\0", 5));
    case Type::Array:
      return Value::array(std::string("\5\0\0\0\0", 5));
    case Type::Binary:
      return Value::binary(0, "");
    case Type::ObjectId:
      return Value::object_id(std::string(12, '\0'));
    case Type::Bool:
      return Value::boolean(false);
    case Type::Date:
      return Value::date(std::numeric_limits<std::int64_t>::min());
    case Type::Timestamp:
      return Value::timestamp({});
    case Type::Regex:
      return Value::regex("", "");
    default:
      return {};
  }
}

/// The value that it is shown to end with, and whether that belongs to it.
std::pair<Value, bool> highest_of(Type type) {
  switch (type) {
    case Type::Double:
    case Type::Int32:
    case Type::Int64:
    case Type::Decimal128:
      return {Value::number(std::numeric_limits<double>::infinity()), true};
    case Type::String:
    case Type::Symbol:
      return {lowest_of(Type::Document), false};
    case Type::Document:
      return {lowest_of(Type::Array), false};
    case Type::Array:
      return {lowest_of(Type::Binary), false};
    case Type::Binary:
      return {lowest_of(Type::ObjectId), false};
    case Type::ObjectId:
      return {Value::object_id(std::string(12, '\xff')), true};
    case Type::Bool:
      return {Value::boolean(true), true};
    case Type::Date:
      return {Value::date(std::numeric_limits<std::int64_t>::max()), true};
    case Type::Timestamp:
      return {Value::timestamp({~std::uint32_t{0}, ~std::uint32_t{0}}), true};
    default:
      return {Value(), false};
  }
}

}  // namespace

IntervalSet full_set() {
  return {Interval{}};
}

bool is_full(const IntervalSet& set) {
  return set.size() == 1 && set.front().is_full();
}

Interval point(bson::ValueView value, const bson::StringOrder* order) {
  std::string key;
  bson::append_key(key, value, false, order);
  return point_of_key(std::move(key), Value(value));
}

Interval point_of_key(std::string key, Value shown) {
  std::string end = bson::prefix_end(key);
  return {{std::move(key), shown, false}, {std::move(end), shown, true}};
}

bool is_point(const Interval& interval) {
  return !interval.begin.key.empty() && !interval.begin.behind && interval.end.behind &&
         bson::key_length(interval.begin.key) == interval.begin.key.size() &&
         interval.end.key == bson::prefix_end(interval.begin.key);
}

bool all_points(const IntervalSet& set) {
  return !set.empty() && std::all_of(set.begin(), set.end(), is_point);
}

std::size_t breadth(const IntervalSet& set) {
  constexpr std::size_t kRange = std::size_t{1} << 40;
  if (is_full(set)) return 2 * kRange;
  return all_points(set) || set.empty() ? set.size() : kRange + set.size();
}

Interval bracket(Type type) {
  key_bytes::Bracket bytes = key_bytes::bracket_of(type);
  if (bytes.begin == key_bytes::kNan) ++bytes.begin;
  auto [highest, inclusive] = highest_of(type);
  return {{byte(bytes.begin), lowest_of(type), false},
          {byte(bytes.end), std::move(highest), inclusive}};
}

Interval all_of(Type type) {
  Interval all = bracket(type);
  if (bson::is_numeric(type)) {
    all.begin = {byte(key_bytes::kNan), Value::number(std::numeric_limits<double>::quiet_NaN()),
                 false};
  }
  return all;
}

IntervalSet normal(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.begin.key < b.begin.key; });
  IntervalSet out;
  for (Interval& interval : intervals) {
    if (is_empty(interval)) continue;
    // Those that only touch stay apart: false and true are two points.
    if (out.empty() || !(out.back().end.key.empty() || interval.begin.key < out.back().end.key)) {
      out.push_back(std::move(interval));
    } else if (ends_before(out.back().end, interval.end)) {
      out.back().end = std::move(interval.end);
    }
  }
  return out;
}

IntervalSet unite(IntervalSet a, IntervalSet b) {
  a.insert(a.end(), std::make_move_iterator(b.begin()), std::make_move_iterator(b.end()));
  return normal(std::move(a));
}

IntervalSet intersect(const IntervalSet& a, const IntervalSet& b) {
  IntervalSet out;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    Interval both{a[i].begin.key < b[j].begin.key ? b[j].begin : a[i].begin,
                  ends_before(a[i].end, b[j].end) ? a[i].end : b[j].end};
    if (!is_empty(both)) out.push_back(std::move(both));
    ends_before(a[i].end, b[j].end) ? ++i : ++j;
  }
  return out;
}

IntervalSet complement(const IntervalSet& set) {
  IntervalSet out;
  Endpoint at;
  for (const Interval& interval : set) {
    if (at.key < interval.begin.key) out.push_back({at, interval.begin});
    at = interval.end;
    if (at.key.empty()) return out;
  }
  out.push_back({std::move(at), {}});
  return out;
}

bool same_set(const IntervalSet& a, const IntervalSet& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.begin.key == y.begin.key && x.end.key == y.end.key;
  });
}

bool is_subset(const IntervalSet& a, const IntervalSet& b) {
  return std::all_of(a.begin(), a.end(), [&](const Interval& inner) {
    return std::any_of(b.begin(), b.end(), [&](const Interval& outer) {
      return outer.begin.key <= inner.begin.key && !ends_before(outer.end, inner.end);
    });
  });
}

std::string text_of(const Interval& interval, bool descending) {
  const auto value_text = [](const Endpoint& endpoint, const char* none) {
    return endpoint.value.missing() ? std::string(none) : bson::to_json(endpoint.value);
  };
  const std::string begin = value_text(interval.begin, "MinKey");
  const std::string end = value_text(interval.end, "MaxKey");
  const bool with_begin = !interval.begin.behind;
  const bool with_end = interval.end.behind || interval.end.key.empty();
  if (descending) {
    return (with_end ? "[" : "(") + end + ", " + begin + (with_begin ? "]" : ")");
  }
  return (with_begin ? "[" : "(") + begin + ", " + end + (with_end ? "]" : ")");
}

}  // namespace freshet::pipeline
