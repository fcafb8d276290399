// SPDX-License-Identifier: Apache-2.0
// One command to a running server, for the tools of this binary.
#pragma once

#include <cstdint>
#include <string>

#include "app/options.h"
#include "bson/view.h"

namespace freshet::app {

/// Sends `command` (with its `$db`) and waits for the reply. Throws Error: nobody listens there,
/// no MongoDB server answers, or what the server replied.
void run_admin_command(const std::string& host, std::uint16_t port, const ClientTls& tls,
                       bson::View command);

}  // namespace freshet::app
