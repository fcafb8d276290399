// SPDX-License-Identifier: Apache-2.0
// The document that system.profile gets of one command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "command/context.h"

namespace freshet::command {

/// BSON with MongoDB's field names; empty for commands that are never profiled: those on
/// system.profile itself, and what connections send by themselves.
std::string profile_entry(const CommandContext& context, const Error* error,
                          std::size_t reply_bytes, std::int64_t millis);

}  // namespace freshet::command
