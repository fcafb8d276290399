// SPDX-License-Identifier: Apache-2.0
// One server that a tool of this binary speaks to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freshet::workload {

struct ServerAddress {
  std::string host = "localhost";
  std::uint16_t port = 27017;
  std::string set_name;  ///< what the server must say it belongs to; empty: anything
  bool tls = false;
  std::string ca_file;               ///< PEM; empty: the system's
  std::string certificate_key_file;  ///< PEM to show the server; empty: none
  bool verify = true;                ///< the server's certificate and name
};

/// Reads mongodb://host[:port][/][?option=value&…] with the options directConnection=true,
/// replicaSet, tls, tlsCAFile, tlsCertificateKeyFile, tlsInsecure. Throws Error (InvalidOptions) for
/// everything else, in words for people: credentials, several servers, a database, unknown options.
ServerAddress parse_uri(std::string_view uri);

}  // namespace freshet::workload
