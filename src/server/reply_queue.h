// SPDX-License-Identifier: Apache-2.0
// Finished replies of one connection on their way into its socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/channel.h"

namespace freshet::server {

/// Used by one thread. Its size is bounded by its user, who asks for no further reply while
/// bytes() is above what it allows.
class ReplyQueue {
 public:
  enum class [[nodiscard]] Outcome : std::uint8_t{Sent, Blocked, Broken};

  void push(std::string reply);
  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }

  /// Writes as much as the channel takes, several replies in one call. Sent: nothing is left.
  /// `last`: see Channel::send().
  Outcome send(Channel& channel, bool last);

 private:
  void drop_sent(std::size_t count);

  std::vector<std::string> replies_;
  std::size_t first_ = 0;   // replies before it are gone
  std::size_t offset_ = 0;  // bytes of replies_[first_] that are gone
  std::size_t bytes_ = 0;   // left to send
};

}  // namespace freshet::server
