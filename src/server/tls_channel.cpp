// SPDX-License-Identifier: Apache-2.0
// The handshake needs no state of its own here: SSL_read and SSL_write go through it by themselves.
#include "server/tls_channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>
#include <new>

namespace freshet::server {
namespace {

class TlsChannel final : public Channel {
 public:
  TlsChannel(SSL_CTX* context, int socket) : ssl_(SSL_new(context)) {
    if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1) throw std::bad_alloc();
    SSL_set_accept_state(ssl_.get());
  }

  // One SSL_read gives one record at most: reads on until nothing more is there, so that the socket
  // tells when there is. Only what did not fit is left behind.
  Moved receive(std::span<char> into) override {
    std::size_t count = 0;
    Status status = Status::Open;
    input_wants_write_ = false;
    if (broken_) return {0, Status::Ended};
    while (count < into.size() && status == Status::Open) {
      std::size_t taken = 0;
      ERR_clear_error();
      const int done = SSL_read_ex(ssl_.get(), into.data() + count, into.size() - count, &taken);
      count += taken;
      if (done != 1) status = after_failure(done, input_wants_write_);
    }
    const bool left_behind = status == Status::Open && SSL_has_pending(ssl_.get()) == 1;
    holds_input_ = left_behind || (status == Status::Ended && count > 0);
    // What came is dealt with first; that it ended, or has to wait, is found again.
    if (count > 0) return {count, Status::Open};
    return {0, status};
  }

  Moved send(std::span<const boost::asio::const_buffer> pieces, bool /*last*/) override {
    std::size_t count = 0;
    for (const boost::asio::const_buffer& piece : pieces) {
      const auto* data = static_cast<const char*>(piece.data());
      for (std::size_t at = 0; at < piece.size();) {
        std::size_t taken = 0;
        ERR_clear_error();
        const int done = SSL_write_ex(ssl_.get(), data + at, piece.size() - at, &taken);
        if (done != 1) {
          bool wants_write = false;
          return {count, after_failure(done, wants_write)};
        }
        at += taken;
        count += taken;
      }
    }
    return {count, Status::Open};
  }

  bool holds_input() const override { return holds_input_; }
  bool input_wants_write() const override { return input_wants_write_; }
  std::string problem() const override { return problem_; }

  void end() override {
    ERR_clear_error();
    if (!broken_) SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Status after_failure(int done, bool& wants_write) {
    switch (SSL_get_error(ssl_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        return Status::Blocked;
      case SSL_ERROR_WANT_WRITE:
        wants_write = true;
        return Status::Blocked;
      case SSL_ERROR_ZERO_RETURN:
        return Status::Ended;
      case SSL_ERROR_SYSCALL:  // the client left without taking leave, which many do
        broken_ = true;
        return Status::Ended;
      default:
        broken_ = true;  // OpenSSL allows nothing more, not even a shutdown
        problem_ = tls_failure();
        return Status::Ended;
    }
  }

  std::unique_ptr<SSL, Free> ssl_;
  std::string problem_;
  bool holds_input_ = false;
  bool input_wants_write_ = false;
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<Channel> tls_channel(SSL_CTX* context, int socket) {
  return std::make_unique<TlsChannel>(context, socket);
}

std::string tls_failure() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(static_cast<int>(ERR_GET_REASON(code)));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "OpenSSL error " + std::to_string(code);
}

}  // namespace freshet::server
