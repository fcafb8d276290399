// SPDX-License-Identifier: Apache-2.0
// The arguments of $percentile and $median, which are accumulators and expressions alike.
#pragma once

#include <string_view>
#include <vector>

#include "query/expression/expression.h"

namespace freshet::query {

struct PercentileArguments {
  ExpressionPtr input;
  std::vector<double> percentiles;
};

/// {input, p: [0.5, …], method: "approximate"}; $median has no `p`.
PercentileArguments parse_percentile_arguments(std::string_view op, bson::ValueView spec,
                                               ParseScope& scope);

}  // namespace freshet::query
