// SPDX-License-Identifier: Apache-2.0
#include "app/admin_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "wire/message.h"

namespace freshet::app {
namespace {

using boost::asio::ip::tcp;

std::string exchange(tcp::socket& socket, const std::string& request, const Limits& limits) {
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

}  // namespace

void run_admin_command(const std::string& host, std::uint16_t port, bson::View command) {
  const Limits limits;
  std::string request;
  wire::MessageWriter writer(request);
  writer.body().add_all(command);
  writer.finish({.request_id = 1});

  std::string reply;
  try {
    boost::asio::io_context context;
    tcp::socket socket(context);
    boost::asio::connect(socket, tcp::resolver(context).resolve(host, std::to_string(port)));
    reply = exchange(socket, request, limits);
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
