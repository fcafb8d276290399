// SPDX-License-Identifier: Apache-2.0
// The options of `freshet bench`.
#pragma once

#include <CLI/CLI.hpp>

#include "workload/options.h"

namespace freshet::app {

/// Adds the subcommand, whose options are written into `options` while `app` parses.
CLI::App& add_bench_command(CLI::App& app, workload::Options& options);

}  // namespace freshet::app
