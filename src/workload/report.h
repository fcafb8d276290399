// SPDX-License-Identifier: Apache-2.0
// Results as a table for people, or as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "workload/result.h"

namespace freshet::workload {

/// Ends with a line break.
std::string as_table(const std::vector<Result>& results);

/// {"server": …, "workloads": [{"workload", "unit", "count", "seconds", "per_second", "complete",
/// …}]}. `server` is what the server calls itself.
std::string as_json(const std::string& server, const std::vector<Result>& results);

}  // namespace freshet::workload
