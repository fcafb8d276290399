// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/cell_bounds.h"

#include <utility>
#include <vector>

#include "bson/key.h"

namespace freshet::pipeline {
namespace {

Interval point_of_cell(std::int64_t cell) {
  const bson::Value value = bson::Value::int64(cell);
  std::string key;
  bson::append_key(key, value);
  return point_of_key(std::move(key), value);
}

}  // namespace

IntervalSet bounds_of_cells(const query::SphereCells& cells) {
  std::vector<Interval> out;
  for (const std::uint64_t cell : cells) {
    const query::CellRange within = query::cells_within(cell);
    out.push_back({point_of_cell(within.first).begin, point_of_cell(within.last).end});
    for (const std::int64_t above : query::cells_above(cell))
      out.push_back(point_of_cell(above));
  }
  return normal(std::move(out));
}

IntervalSet bounds_of_cells(const std::vector<query::FlatCells>& cells) {
  std::vector<Interval> out;
  for (const query::FlatCells& run : cells) {
    out.push_back({point_of_cell(query::ordered_cell(run.first)).begin,
                   point_of_cell(query::ordered_cell(run.last)).end});
  }
  return normal(std::move(out));
}

}  // namespace freshet::pipeline
