// SPDX-License-Identifier: Apache-2.0
#include "app/admin_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "wire/message.h"

namespace freshet::app {
namespace {

namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;

template <typename Stream>
std::string exchange(Stream& socket, const std::string& request, const Limits& limits) {
  boost::asio::write(socket, boost::asio::buffer(request));
  std::string reply(wire::kHeaderBytes, '\0');
  boost::asio::read(socket, boost::asio::buffer(reply));
  const std::size_t length = wire::message_length(reply, limits);
  if (length == 0) raise(ErrorCode::ProtocolError, "that is no server of this protocol");
  reply.resize(length);
  boost::asio::read(
      socket, boost::asio::buffer(reply.data() + wire::kHeaderBytes, length - wire::kHeaderBytes));
  return reply;
}

void connect(tcp::socket& socket, const std::string& host, std::uint16_t port) {
  tcp::resolver resolver(socket.get_executor());
  boost::asio::connect(socket, resolver.resolve(host, std::to_string(port)));
}

std::string exchange_encrypted(boost::asio::io_context& context, const std::string& host,
                               std::uint16_t port, const ClientTls& tls, const std::string& request,
                               const Limits& limits) {
  ssl::context trust(ssl::context::tls_client);
  if (tls.ca_file.empty()) {
    trust.set_default_verify_paths();
  } else {
    trust.load_verify_file(tls.ca_file);
  }
  if (!tls.certificate_key_file.empty()) {
    trust.use_certificate_chain_file(tls.certificate_key_file);
    trust.use_private_key_file(tls.certificate_key_file, ssl::context::pem);
  }
  ssl::stream<tcp::socket> stream(context, trust);
  stream.set_verify_mode(ssl::verify_peer);
  stream.set_verify_callback(ssl::host_name_verification(host));
  connect(stream.next_layer(), host, port);
  stream.handshake(ssl::stream_base::client);
  return exchange(stream, request, limits);
}

}  // namespace

void run_admin_command(const std::string& host, std::uint16_t port, const ClientTls& tls,
                       bson::View command) {
  const Limits limits;
  std::string request;
  wire::MessageWriter writer(request);
  writer.body().add_all(command);
  writer.finish({.request_id = 1});

  std::string reply;
  try {
    boost::asio::io_context context;
    if (tls.on) {
      reply = exchange_encrypted(context, host, port, tls, request, limits);
    } else {
      tcp::socket socket(context);
      connect(socket, host, port);
      reply = exchange(socket, request, limits);
    }
  } catch (const boost::system::system_error& failed) {
    raise(ErrorCode::HostUnreachable, "cannot talk to the server at {}:{}: {}", host, port,
          failed.code().message());
  }
  const wire::DecodeResult decoded = wire::decode(reply, limits);
  if (decoded.outcome != wire::DecodeOutcome::Ok) {
    raise(ErrorCode::ProtocolError, "the reply of {}:{} is not understood", host, port);
  }
  const bson::View body = decoded.message.body;
  if (body["ok"].number_as_double() == 1.0) return;
  const bson::Element why = body["errmsg"];
  raise(ErrorCode::OperationFailed, "the server refused: {}",
        why.type() == bson::Type::String ? why.as_string() : std::string_view("no reason given"));
}

}  // namespace freshet::app
