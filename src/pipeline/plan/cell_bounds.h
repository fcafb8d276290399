// SPDX-License-Identifier: Apache-2.0
// From cells of the sphere to the entries of a 2dsphere index.
#pragma once

#include "pipeline/plan/interval.h"
#include "query/geo/sphere_geometry.h"

namespace freshet::pipeline {

/// The entries whose cell lies within one of `cells`, or one of them within it.
IntervalSet bounds_of_cells(const query::SphereCells& cells);

}  // namespace freshet::pipeline
