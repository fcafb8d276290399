// SPDX-License-Identifier: Apache-2.0
// A channel that OpenSSL encrypts, straight on the socket.
#pragma once

#include <memory>
#include <string>

#include "server/channel.h"

struct ssl_ctx_st;

namespace freshet::server {

/// Throws std::bad_alloc. `context` outlives it.
std::unique_ptr<Channel> tls_channel(ssl_ctx_st* context, int socket);

/// The last failure of OpenSSL on this thread in its own words, and forgets it.
std::string tls_failure();

}  // namespace freshet::server
