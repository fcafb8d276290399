// SPDX-License-Identifier: Apache-2.0
// By which name clients reach this server. Drivers with `replicaSet=` leave the address they were
// given and connect to the one the server tells, so it must be right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/options.h"

namespace freshet::app {

/// "host:port". --advertise when it was given; else what is listened on says: loopback only is
/// localhost, one address is that address, several or all are the machine's name `host_name`.
std::string advertised_address(const ServeOptions& options, std::uint16_t port,
                               const std::string& host_name);

/// "mongodb://localhost:27017/?replicaSet=rs0"
std::string connection_string(const std::string& advertised, const std::string& set_name);

/// The machine's name; "localhost" when it has none.
std::string machine_name();

}  // namespace freshet::app
