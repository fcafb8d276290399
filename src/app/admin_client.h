// SPDX-License-Identifier: Apache-2.0
// One command to a running server, for the tools of this binary.
#pragma once

#include "bson/view.h"
#include "workload/address.h"

namespace freshet::app {

/// Sends `command` (with its `$db`) and waits for the reply. Throws Error: nobody listens there,
/// no MongoDB server answers, or what the server replied.
void run_admin_command(const workload::ServerAddress& server, bson::View command);

}  // namespace freshet::app
