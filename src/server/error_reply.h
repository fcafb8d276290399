// SPDX-License-Identifier: Apache-2.0
// The edge's own error reply, for messages that never reach a command.
#pragma once

#include <string>
#include <string_view>

#include "base/error_code.h"
#include "wire/message.h"

namespace freshet::server {

/// A finished message `{ok: 0, errmsg, code, codeName}` that answers `request`.
std::string error_reply(const wire::Message& request, ErrorCode code, std::string_view problem);

}  // namespace freshet::server
