// SPDX-License-Identifier: Apache-2.0
// From cells of the sphere, or of the plane, to the entries of a geospatial index.
#pragma once

#include <vector>

#include "pipeline/plan/interval.h"
#include "query/geo/flat_grid.h"
#include "query/geo/sphere_geometry.h"

namespace freshet::pipeline {

/// The entries whose cell lies within one of `cells`, or one of them within it.
IntervalSet bounds_of_cells(const query::SphereCells& cells);
/// The entries whose cell is one of `cells`.
IntervalSet bounds_of_cells(const std::vector<query::FlatCells>& cells);

}  // namespace freshet::pipeline
