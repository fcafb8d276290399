// SPDX-License-Identifier: Apache-2.0
// Text into options, checked; shared by command line and configuration file so that both accept
// the same and complain alike. All throw Error (InvalidOptions) naming `where`, the option as the
// user wrote it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/options.h"

namespace freshet::app {

void set_port(ServeOptions& options, std::string_view where, std::string_view text);
/// A comma-separated list.
void set_bind_addresses(ServeOptions& options, std::string_view where, std::string_view text);
void set_set_name(ServeOptions& options, std::string_view where, std::string_view text);
/// "host:port", or "host" for the port that is listened on.
void set_advertise(ServeOptions& options, std::string_view where, std::string_view text);
/// disabled, allowTLS, preferTLS or requireTLS.
void set_tls_mode(ServeOptions& options, std::string_view where, std::string_view text);
std::string_view to_text(server::TlsMode mode);
/// A comma-separated list, or none.
void set_tls_disabled_protocols(ServeOptions& options, std::string_view where,
                                std::string_view text);
/// That what was said about TLS is enough, and not in vain.
void check_tls(const ServeOptions& options);
void set_history(ServeOptions& options, std::string_view where, std::string_view text);
void set_history_bytes(ServeOptions& options, std::string_view where, std::string_view text);
/// Megabytes, as mongod's oplogSize.
void set_history_megabytes(ServeOptions& options, std::string_view where, std::string_view text);
void set_connections_max(ServeOptions& options, std::string_view where, std::string_view text);
/// One server parameter: a limit of base/limits.h by its name, or one of mongod's names for what
/// Freshet has.
void set_parameter(ServeOptions& options, std::string_view name, std::string_view value);

std::uint16_t port_number(std::string_view where, std::string_view text);

}  // namespace freshet::app
