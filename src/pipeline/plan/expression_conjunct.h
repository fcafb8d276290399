// SPDX-License-Identifier: Apache-2.0
// {$expr: {$gt: ["$a", 5]}} as a demand on one path.
#pragma once

#include <vector>

#include "pipeline/plan/conjunct.h"

namespace freshet::pipeline {

/// The comparisons of a path with a value that `node` is, or that its $and holds.
std::vector<Conjunct> conjuncts_of_expression(const query::ExpressionNode& node);

}  // namespace freshet::pipeline
