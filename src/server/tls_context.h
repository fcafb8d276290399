// SPDX-License-Identifier: Apache-2.0
// Who this server is to its clients, and whom it lets in: certificate, authorities, protocols.
#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "server/channel.h"
#include "server/tls_options.h"

struct ssl_ctx_st;

namespace freshet::server {

/// Immutable, thread-safe.
class TlsContext {
 public:
  /// Throws Error (InvalidOptions) that names the file or option and what is wrong with
  /// it. Requires: the mode is not Disabled.
  explicit TlsContext(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Clients may speak in the clear as well.
  bool allows_plain() const { return allows_plain_; }
  /// Encrypted; the handshake goes on with the first calls. Must not outlive the socket and this.
  std::unique_ptr<Channel> channel(boost::asio::ip::tcp::socket& socket) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
  bool allows_plain_;
};

}  // namespace freshet::server
