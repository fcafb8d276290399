// SPDX-License-Identifier: Apache-2.0
// The workloads, in one table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "workload/result.h"
#include "workload/run.h"

namespace freshet::workload {

struct Workload {
  std::string_view name;
  std::string_view what;  ///< one line for --help
  Result (*measure)(Run& run);
  std::int64_t count;  ///< Options::count's default
};

/// In the order in which they run.
std::span<const Workload> workload_table();

/// nullptr when none is called `name`.
const Workload* find_workload(std::string_view name);

// Each makes the collections it needs anew, and leaves them behind.
Result insert_one(Run& run);
Result insert_many(Run& run);
Result find_one(Run& run);
Result update_one(Run& run);
Result drain(Run& run);
Result latency(Run& run);
Result fanout_same(Run& run);
Result fanout_selective(Run& run);
Result fanout_none(Run& run);
Result resume(Run& run);
Result quiet(Run& run);

}  // namespace freshet::workload
