// SPDX-License-Identifier: Apache-2.0
// Which error labels a reply carries: what drivers retry, restart or resume by.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "command/context.h"

namespace freshet::command {

/// "Not primary" and "recovering" codes, on which clients look at topologyVersion.
bool is_state_change(ErrorCode code);

/// The labels of an error that ends the command, besides those it has already.
std::vector<std::string_view> error_labels(const CommandContext& context, const Error& error);

/// The labels of a reply whose write was done and has a writeConcernError.
std::vector<std::string_view> write_concern_error_labels(const CommandContext& context,
                                                         ErrorCode code);

}  // namespace freshet::command
