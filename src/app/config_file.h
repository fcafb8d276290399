// SPDX-License-Identifier: Apache-2.0
// --config: those of mongod's YAML keys that Freshet has, and its own under `freshet`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"

namespace freshet::app {

/// Every key that is understood, with its dots, in order; setParameter takes any parameter.
std::vector<std::string_view> config_keys();

/// Reads the file into `options`. Throws Error (InvalidOptions) that names file and line: not
/// readable, not YAML, a key that is unknown or unsupported, a value that does not fit.
void read_config_file(const std::string& path, ServeOptions& options);

/// As read_config_file(), of text; `path` is for messages.
void read_config(const std::string& text, const std::string& path, ServeOptions& options);

}  // namespace freshet::app
