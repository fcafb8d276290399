// SPDX-License-Identifier: Apache-2.0
// How a 2d index divides the plane: a square of cells, numbered so that what lies within a quarter,
// a quarter of a quarter and so on stands side by side.
#pragma once

#include <cstdint>
#include <vector>

#include "query/geo/flat_shape.h"

namespace freshet::query {

/// Numbers of cells from `first` to `last`.
struct FlatCells {
  std::uint64_t first;
  std::uint64_t last;
  bool operator==(const FlatCells&) const = default;
};

class FlatGrid {
 public:
  static constexpr int kBitsMax = 32;
  static constexpr int kBitsDefault = 26;
  static constexpr double kMinDefault = -180;
  static constexpr double kMaxDefault = 180;

  /// 2^bits columns and rows from `min` to `max`. Requires: min < max, 1 <= bits <= kBitsMax.
  FlatGrid(double min, double max, int bits);

  double min() const { return min_; }
  double max() const { return max_; }
  double cell_width() const;

  /// Borders belong to the grid.
  bool holds(const GeoPosition& place) const;
  /// The cell that a place is in. Requires: it holds it.
  std::uint64_t cell_of(const GeoPosition& place) const;
  /// Few runs of cells, in order, that hold every place of the grid that lies in one of the boxes.
  std::vector<FlatCells> cover(const std::vector<FlatBox>& boxes) const;

 private:
  std::uint32_t row_of(double coordinate) const;

  double min_;
  double max_;
  int bits_;
};

}  // namespace freshet::query
