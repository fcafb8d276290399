// SPDX-License-Identifier: Apache-2.0
// Requests as bytes, and what replies say.
#pragma once

#include <cstdint>
#include <string>

#include "bson/view.h"

namespace freshet::workload {

/// The command (with its `$db`) as a message.
std::string make_message(bson::View command);

/// Throws OperationFailed when the server refused the command or a write of it, with its reason.
void check_reply(bson::View reply);

/// The `cursor` of a reply. Borrows it.
struct CursorReply {
  std::int64_t id = 0;
  bson::View batch;        ///< array
  std::int64_t count = 0;  ///< of its elements
};

/// Throws what check_reply() does, and ProtocolError when there is no cursor.
CursorReply read_cursor(bson::View reply);

}  // namespace freshet::workload
