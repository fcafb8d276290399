// SPDX-License-Identifier: Apache-2.0
// argv into a task.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "app/options.h"
#include "workload/options.h"

namespace freshet::app {

/// Text that was asked for: help or version. It is printed, and nothing else happens.
struct Text {
  std::string text;
};

using Task = std::variant<Text, ServeOptions, BackupOptions, RepairOptions, workload::Options>;

/// Reads `arguments` (without the program's name) and the file that --config names. What the
/// command line says outweighs the file. Throws Error (InvalidOptions) with one sentence for
/// people.
Task parse_command_line(const std::vector<std::string>& arguments);

}  // namespace freshet::app
