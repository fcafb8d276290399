// SPDX-License-Identifier: Apache-2.0
// What is kept of a command when it has ended: the use of its collection (`top`), a line in the log
// when it was slow, an entry in system.profile.
#pragma once

#include <cstddef>

#include "base/error.h"
#include "command/context.h"

namespace freshet::command {

/// Call once per reply, before it is sent. `error` is null for a command that did what it was asked
/// for. Throws nothing: what goes wrong here is no fault of the command.
void note_command_end(const CommandContext& context, const Error* error,
                      std::size_t reply_bytes) noexcept;

}  // namespace freshet::command
