// SPDX-License-Identifier: Apache-2.0
#include "workload/link.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include "base/error.h"
#include "base/limits.h"
#include "wire/message.h"
#include "workload/message.h"

namespace freshet::workload {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

/// A reply's document may hold a batch of documents of the greatest size.
Limits reply_limits() {
  Limits limits;
  limits.document_envelope_bytes_max = limits.message_bytes_max;
  return limits;
}

constexpr std::size_t kFirstBytes = 4'096;  // of the receive buffer; it grows with the replies

}  // namespace

struct Link::Tls {
  Tls(tcp::socket& socket, const ServerAddress& address)
      : context(ssl::context::tls_client), stream(socket, prepared(context, address)) {
    if (address.verify) stream.set_verify_callback(ssl::host_name_verification(address.host));
    SSL_set_tlsext_host_name(stream.native_handle(), address.host.c_str());
  }

  static ssl::context& prepared(ssl::context& context, const ServerAddress& address) {
    context.set_verify_mode(address.verify ? ssl::verify_peer : ssl::verify_none);
    if (address.ca_file.empty()) {
      context.set_default_verify_paths();
    } else {
      context.load_verify_file(address.ca_file);
    }
    if (!address.certificate_key_file.empty()) {
      context.use_certificate_chain_file(address.certificate_key_file);
      context.use_private_key_file(address.certificate_key_file, ssl::context::pem);
    }
    return context;
  }

  ssl::context context;
  ssl::stream<tcp::socket&> stream;
};

Link::Link(Loop& loop, const ServerAddress& address)
    : loop_(loop),
      name_(fmt::format("{}:{}", address.host, address.port)),
      socket_(loop.context()) {
  try {
    connect(address);
  } catch (const boost::system::system_error& failed) {
    fail(failed.code().message());
  }
}

Link::~Link() = default;

void Link::connect(const ServerAddress& address) {
  tcp::resolver resolver(loop_.context());
  asio::connect(socket_, resolver.resolve(address.host, std::to_string(address.port)));
  socket_.set_option(tcp::no_delay(true));
  if (!address.tls) return;
  tls_ = std::make_unique<Tls>(socket_, address);
  tls_->stream.handshake(ssl::stream_base::client);
}

void Link::fail(const std::string& why) const {
  raise(ErrorCode::HostUnreachable, "cannot talk to the server at {}: {}", name_, why);
}

void Link::request(std::string_view message, OnReply on_reply) {
  boost::system::error_code error;
  const asio::const_buffer bytes = asio::buffer(message);
  if (tls_) {
    asio::write(tls_->stream, bytes, error);
  } else {
    asio::write(socket_, bytes, error);
  }
  if (error) fail(error.message());
  on_reply_ = std::move(on_reply);
  read_more();
}

void Link::read_more() {
  std::size_t wanted = kFirstBytes;
  if (filled_ >= wire::kHeaderBytes) {
    wanted = wire::message_length(in_, reply_limits());
    if (wanted == 0) {
      raise(ErrorCode::ProtocolError, "{} is no server of this protocol", name_);
    }
  }
  if (in_.size() < wanted) in_.resize(wanted);
  const asio::mutable_buffer room = asio::buffer(in_.data() + filled_, in_.size() - filled_);
  auto on_read = [this](boost::system::error_code error, std::size_t count) {
    if (error) fail(error == asio::error::eof ? "it closed the connection" : error.message());
    take_bytes(count);
  };
  if (tls_) {
    tls_->stream.async_read_some(room, std::move(on_read));
  } else {
    socket_.async_read_some(room, std::move(on_read));
  }
}

void Link::take_bytes(std::size_t count) {
  filled_ += count;
  const std::string_view have = std::string_view(in_).substr(0, filled_);
  const wire::DecodeResult decoded = wire::decode(have, reply_limits());
  if (decoded.outcome == wire::DecodeOutcome::Incomplete) return read_more();
  if (decoded.outcome != wire::DecodeOutcome::Ok || decoded.bytes_used != filled_) {
    raise(ErrorCode::ProtocolError, "a reply of {} is not understood: {}", name_,
          decoded.problem != nullptr ? decoded.problem : "more came than was asked for");
  }
  filled_ = 0;
  const OnReply on_reply = std::exchange(on_reply_, nullptr);
  on_reply(decoded.message.body);
}

bson::View Link::call_unchecked(std::string_view message) {
  bool done = false;
  request(message, [&](bson::View reply) {
    reply_ = reply.bytes();
    done = true;
  });
  loop_.run_until([&] { return done; });
  return bson::View(reply_);
}

bson::View Link::call(std::string_view message) {
  const bson::View reply = call_unchecked(message);
  check_reply(reply);
  return reply;
}

bson::View Link::run(bson::View command) {
  return call(make_message(command));
}

}  // namespace freshet::workload
