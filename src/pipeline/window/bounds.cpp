// SPDX-License-Identifier: Apache-2.0
#include "pipeline/window/bounds.h"

#include <algorithm>

#include "base/error.h"
#include "bson/compare.h"
#include "query/expression/integral.h"
#include "query/expression/number.h"

namespace freshet::pipeline {
namespace {

using bson::Value;
using Edge = WindowBounds::Edge;

Edge parse_edge(bson::Element element, bool whole) {
  if (element.is_string()) {
    if (element.as_string() == "unbounded") return {Edge::Kind::Unbounded, {}};
    if (element.as_string() == "current") return {Edge::Kind::Current, {}};
    raise(ErrorCode::FailedToParse,
          "Window bounds must be 'unbounded', 'current', or a number, found '{}'",
          element.as_string());
  }
  const bool fits = whole ? query::is_integral_int32(element) : element.is_number();
  if (!element.is_number() || !fits) {
    raise(ErrorCode::FailedToParse, "Numeric {} bounds must be {}, found {}",
          whole ? "document-based" : "range-based", whole ? "an integer" : "a number",
          bson::type_alias(element.type()));
  }
  return {Edge::Kind::Offset, Value::copy(element)};
}

Value offset_of(const Edge& edge) {
  return edge.kind == Edge::Kind::Offset ? edge.offset : Value::int32(0);
}

void check_order(const WindowBounds& bounds) {
  if (bounds.lower.unbounded() || bounds.upper.unbounded()) return;
  if (bson::compare(offset_of(bounds.lower), offset_of(bounds.upper)) > 0)
    raise(location(5339900), "Lower bound must not exceed upper bound");
}

void check_sort(const WindowBounds& bounds, std::size_t sort_fields, bool ascending) {
  const bool bounded = !bounds.lower.unbounded() || !bounds.upper.unbounded();
  if (!bounds.by_range && bounded && sort_fields == 0)
    raise(location(5339901), "Document-based bounds require a sortBy");
  if (bounds.by_range && bounded && (sort_fields != 1 || !ascending))
    raise(location(5339902), "Range-based bounds require sortBy a single field, ascending");
}

void parse_edges(bson::Element list, bool whole, WindowBounds& out) {
  if (!list.is_array() || list.as_document().count() != 2) {
    raise(ErrorCode::FailedToParse, "Window bounds must be a 2-element array: '{}'", list.name());
  }
  auto edge = list.as_document().begin();
  out.lower = parse_edge(*edge, whole);
  out.upper = parse_edge(*++edge, whole);
}

}  // namespace

WindowBounds WindowBounds::parse(bson::Element window, std::size_t sort_fields, bool ascending) {
  if (!window.is_document()) {
    raise(ErrorCode::FailedToParse, "'window' field must be an object, found {}",
          bson::type_alias(window.type()));
  }
  const bson::View spec = window.as_document();
  for (const bson::Element& element : spec) {
    if (element.name() != "documents" && element.name() != "range" && element.name() != "unit") {
      raise(ErrorCode::FailedToParse,
            "'window' field can only contain 'documents', 'range' and "
            "'unit', found '{}'",
            element.name());
    }
  }
  WindowBounds out;
  const bson::Element documents = spec["documents"];
  const bson::Element range = spec["range"];
  const bson::Element unit = spec["unit"];
  if (documents && (range || unit)) {
    raise(ErrorCode::FailedToParse, "'window' takes either 'documents' or 'range' (with 'unit')");
  }
  if (unit && !range) raise(ErrorCode::FailedToParse, "Window bounds with 'unit' need 'range'");
  out.by_range = static_cast<bool>(range);
  if (documents || range) {
    parse_edges(documents ? documents : range, documents || unit, out);
    if (unit) out.unit = query::date_unit(unit, "$setWindowFields");
  }
  check_order(out);
  check_sort(out, sort_fields, ascending);
  return out;
}

WindowCursor::Extent WindowCursor::at(std::size_t index) {
  return bounds_.by_range ? by_range(index) : by_documents(index);
}

WindowCursor::Extent WindowCursor::by_documents(std::size_t index) const {
  const auto size = static_cast<std::int64_t>(partition_.size());
  const auto here = static_cast<std::int64_t>(index);
  const auto offset = [](const Edge& edge) { return offset_of(edge).view().number_as_int64(); };
  const std::int64_t begin = bounds_.lower.unbounded() ? 0 : here + offset(bounds_.lower);
  const std::int64_t end = bounds_.upper.unbounded() ? size : here + offset(bounds_.upper) + 1;
  Extent out;
  out.begin = static_cast<std::size_t>(std::clamp<std::int64_t>(begin, 0, size));
  out.end = std::max(out.begin, static_cast<std::size_t>(std::clamp<std::int64_t>(end, 0, size)));
  return out;
}

Value WindowCursor::range_value(std::size_t index) {
  Value value = partition_.sort_value(index);
  const bool fits = bounds_.unit ? value.type() == bson::Type::Date : value.view().is_number();
  if (!fits) {
    raise(location(bounds_.unit ? 5429513 : 5429414),
          "Invalid range: Expected the sortBy field to be a {}, but it was {}",
          bounds_.unit ? "Date" : "number",
          value.missing() ? std::string_view("missing") : bson::type_alias(value.type()));
  }
  return value;
}

Value WindowCursor::moved(const Value& from, const Edge& edge) const {
  if (edge.kind == Edge::Kind::Current) return from;
  if (bounds_.unit) {
    return Value::date(query::date_plus_units(from.view().as_date_ms(), *bounds_.unit,
                                              edge.offset.view().number_as_int64(),
                                              query::TimeZone()));
  }
  query::NumberSum sum;
  sum.add(from.view());
  sum.add(edge.offset.view());
  return sum.result();
}

WindowCursor::Extent WindowCursor::by_range(std::size_t index) {
  const std::size_t size = partition_.size();
  if (bounds_.lower.unbounded() && bounds_.upper.unbounded()) return {0, size};
  const Value here = range_value(index);
  if (!bounds_.lower.unbounded()) {
    const Value lower = moved(here, bounds_.lower);
    while (extent_.begin < size && bson::compare(range_value(extent_.begin), lower) < 0)
      ++extent_.begin;
  }
  if (bounds_.upper.unbounded()) {
    extent_.end = size;
  } else {
    const Value upper = moved(here, bounds_.upper);
    while (extent_.end < size && bson::compare(range_value(extent_.end), upper) <= 0)
      ++extent_.end;
  }
  return {extent_.begin, std::max(extent_.begin, extent_.end)};
}

}  // namespace freshet::pipeline
