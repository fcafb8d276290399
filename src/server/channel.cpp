// SPDX-License-Identifier: Apache-2.0
#include "server/channel.h"

#include <sys/socket.h>

namespace freshet::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(asio::ip::tcp::socket& socket) : socket_(socket) {}

  Moved receive(std::span<char> into) override {
    error_code failed;
    const std::size_t count = socket_.read_some(asio::buffer(into.data(), into.size()), failed);
    return moved(count, failed);
  }

  Moved send(std::span<const asio::const_buffer> pieces, bool last) override {
    error_code failed;
    const std::size_t count = socket_.send(pieces, last ? MSG_MORE : 0, failed);
    Moved result = moved(count, failed);
    // Less than was offered: the socket's buffer is full.
    if (!failed && count < asio::buffer_size(pieces)) result.status = Status::Blocked;
    return result;
  }

 private:
  static Moved moved(std::size_t count, const error_code& failed) {
    if (!failed) return {count, Status::Open};
    const bool blocked = failed == asio::error::would_block || failed == asio::error::try_again ||
                         failed == asio::error::interrupted;
    return {0, blocked ? Status::Blocked : Status::Ended};
  }

  asio::ip::tcp::socket& socket_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(asio::ip::tcp::socket& socket) {
  return std::make_unique<PlainChannel>(socket);
}

}  // namespace freshet::server
