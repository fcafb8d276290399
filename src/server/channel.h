// SPDX-License-Identifier: Apache-2.0
// The bytes between a connection and its client, in the clear or encrypted, never blocking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace freshet::server {

/// Used by one thread. Must not outlive its socket, which does not block.
class Channel {
 public:
  enum class Status : std::uint8_t {
    Open,     ///< `count` bytes went through, and there may be room or input for more
    Blocked,  ///< `count` bytes went through; the next ones when the socket is ready
    Ended,    ///< the client sends no more, or the channel is broken: problem() says why
  };
  struct [[nodiscard]] Moved {
    std::size_t count = 0;
    Status status = Status::Open;
  };

  virtual ~Channel() = default;

  /// What came, at most as much as fits. Open: at least one byte.
  virtual Moved receive(std::span<char> into) = 0;
  /// Sends from the front of `pieces`. Bytes that were not taken are offered again by the next
  /// call. `last`: the channel ends right after, and the end may travel with the last bytes.
  virtual Moved send(std::span<const boost::asio::const_buffer> pieces, bool last) = 0;
  /// Input was received and is not taken yet: the socket will not become readable for it.
  virtual bool holds_input() const { return false; }
  /// receive() was Blocked because it has to send first.
  virtual bool input_wants_write() const { return false; }
  /// Takes leave of the client, as far as that goes at once.
  virtual void end() {}
  /// Why it Ended; empty when the client just left.
  virtual std::string problem() const { return {}; }
};

/// As it is.
std::unique_ptr<Channel> plain_channel(boost::asio::ip::tcp::socket& socket);

}  // namespace freshet::server
