// SPDX-License-Identifier: Apache-2.0
// How the server speaks TLS, in mongod's words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freshet::server {

/// As mongod's net.tls.mode. Between allowing and preferring there is no difference for a server
/// that opens no connections itself.
enum class TlsMode : std::uint8_t { Disabled, Allow, Prefer, Require };

struct TlsOptions {
  TlsMode mode = TlsMode::Disabled;
  std::string certificate_key_file;  ///< PEM: private key, certificate, those that signed it
  std::string certificate_key_password;
  std::string ca_file;  ///< PEM; not empty: clients must have a certificate signed by one of these
  bool allow_without_certificate = false;  ///< unless they may come without
  std::vector<std::string> disabled_protocols = {"TLS1_0", "TLS1_1"};  ///< mongod's names
};

}  // namespace freshet::server
