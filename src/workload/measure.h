// SPDX-License-Identifier: Apache-2.0
// A whole measurement: look at the server, run the workloads, leave nothing behind.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "workload/options.h"

namespace freshet::workload {

/// Runs what `options` ask for, with progress on standard error; the report for standard output.
/// Throws Error: InvalidOptions, HostUnreachable, NetworkTimeout, OperationFailed (what the server
/// refused, or a database that is not empty). Requires: check(options) passed.
std::string measure(const Options& options, const Clock& clock, Random& random);

}  // namespace freshet::workload
