// SPDX-License-Identifier: Apache-2.0
#include "server/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "server/tls_channel.h"

namespace freshet::server {
namespace {

struct Protocol {
  std::string_view name;
  std::uint64_t off;
};

constexpr Protocol kProtocols[] = {
    {"TLS1_0", SSL_OP_NO_TLSv1},
    {"TLS1_1", SSL_OP_NO_TLSv1_1},
    {"TLS1_2", SSL_OP_NO_TLSv1_2},
    {"TLS1_3", SSL_OP_NO_TLSv1_3},
};

// Sessions that clients come back with; they hold a few hundred bytes each.
constexpr long kSessionsMax = 1'024;

[[noreturn]] void refuse(std::string_view option, const std::string& value) {
  const std::string why = tls_failure();
  raise(ErrorCode::InvalidOptions, "{}: cannot use '{}': {}", option, value, why);
}

int give_password(char* into, int size, int /*encrypts*/, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const auto length = std::min(text.size(), static_cast<std::size_t>(size));
  std::memcpy(into, text.data(), length);
  return static_cast<int>(length);
}

void disable_protocols(SSL_CTX* context, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto* known = std::ranges::find(kProtocols, name, &Protocol::name);
    if (known == std::end(kProtocols)) {
      raise(ErrorCode::InvalidOptions,
            "tlsDisabledProtocols: expected TLS1_0, TLS1_1, TLS1_2 or TLS1_3, found '{}'", name);
    }
    SSL_CTX_set_options(context, known->off);
  }
}

void use_certificate(SSL_CTX* context, const TlsOptions& options) {
  constexpr std::string_view kOption = "tlsCertificateKeyFile";
  const std::string& file = options.certificate_key_file;
  if (file.empty()) {
    raise(ErrorCode::InvalidOptions,
          "{} is needed for TLS: a PEM file with key and "
          "certificate",
          kOption);
  }
  std::string password = options.certificate_key_password;
  SSL_CTX_set_default_passwd_cb(context, give_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  if (SSL_CTX_use_certificate_chain_file(context, file.c_str()) != 1) refuse(kOption, file);
  if (SSL_CTX_use_PrivateKey_file(context, file.c_str(), SSL_FILETYPE_PEM) != 1) {
    refuse(kOption, file);
  }
  if (SSL_CTX_check_private_key(context) != 1) refuse(kOption, file);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
}

void ask_for_certificates(SSL_CTX* context, const TlsOptions& options) {
  if (options.ca_file.empty()) return;
  const char* file = options.ca_file.c_str();
  if (SSL_CTX_load_verify_locations(context, file, nullptr) != 1) {
    refuse("tlsCAFile", options.ca_file);
  }
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file));
  const int must = options.allow_without_certificate ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, nullptr);
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContext::TlsContext(const TlsOptions& options)
    : context_(SSL_CTX_new(TLS_server_method())), allows_plain_(options.mode != TlsMode::Require) {
  if (!context_) {
    raise(ErrorCode::InvalidOptions, "TLS cannot be used: {}", tls_failure());
  }
  SSL_CTX* context = context_.get();
  // A record may be taken in part, from a queue that grows; an idle connection holds no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_read_ahead(context, 1);
  constexpr unsigned char kSessions[] = "freshet";
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  SSL_CTX_sess_set_cache_size(context, kSessionsMax);
  disable_protocols(context, options.disabled_protocols);
  use_certificate(context, options);
  ask_for_certificates(context, options);
}

TlsContext::~TlsContext() = default;

std::unique_ptr<Channel> TlsContext::channel(boost::asio::ip::tcp::socket& socket) const {
  return tls_channel(context_.get(), socket.native_handle());
}

}  // namespace freshet::server
