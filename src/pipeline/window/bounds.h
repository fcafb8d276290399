// SPDX-License-Identifier: Apache-2.0
// Windows: which documents around one a window function sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "bson/value.h"
#include "bson/view.h"
#include "pipeline/window/partition.h"
#include "query/expression/date_operand.h"

namespace freshet::pipeline {

/// {documents: [lower, upper]} or {range: [lower, upper], unit}. Immutable.
struct WindowBounds {
  struct Edge {
    enum class Kind : std::uint8_t { Unbounded, Current, Offset };
    Kind kind = Kind::Unbounded;
    bson::Value offset;  ///< a number, with Kind::Offset
    bool unbounded() const { return kind == Kind::Unbounded; }
  };
  bool by_range = false;
  Edge lower;
  Edge upper;
  std::optional<query::DateUnit> unit;

  /// Throws FailedToParse (9), 5339900 (lower above upper), 5339901 and 5339902 (it needs a
  /// sortBy). `sort_fields`: how many fields sortBy has; `ascending`: the first one is.
  static WindowBounds parse(bson::Element window, std::size_t sort_fields, bool ascending);
};

/// Where the window lies, for one document after the other. Both ends only ever move forwards.
class WindowCursor {
 public:
  /// Both outlive it.
  WindowCursor(const WindowBounds& bounds, Partition& partition)
      : bounds_(bounds), partition_(partition) {}

  struct Extent {
    std::size_t begin = 0;
    std::size_t end = 0;  ///< not below begin
  };
  /// Requires: indexes come in order. Throws when a range meets a sort value that is no number (no
  /// date, with a unit).
  Extent at(std::size_t index);

 private:
  Extent by_documents(std::size_t index) const;
  Extent by_range(std::size_t index);
  bson::Value range_value(std::size_t index);
  bson::Value moved(const bson::Value& from, const WindowBounds::Edge& edge) const;

  const WindowBounds& bounds_;
  Partition& partition_;
  Extent extent_;
};

}  // namespace freshet::pipeline
