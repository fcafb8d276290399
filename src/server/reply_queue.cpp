// SPDX-License-Identifier: Apache-2.0
#include "server/reply_queue.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <boost/asio/buffer.hpp>

namespace freshet::server {
namespace {

constexpr std::size_t kGatherMax = 16;  // replies in one system call

}  // namespace

void ReplyQueue::push(std::string reply) {
  if (reply.empty()) return;
  bytes_ += reply.size();
  replies_.push_back(std::move(reply));
}

ReplyQueue::Outcome ReplyQueue::send(Channel& channel, bool last) {
  while (bytes_ > 0) {
    std::array<boost::asio::const_buffer, kGatherMax> gathered{};
    const std::size_t count = std::min(kGatherMax, replies_.size() - first_);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& reply = replies_[first_ + i];
      const std::size_t skip = i == 0 ? offset_ : 0;
      gathered[i] = boost::asio::buffer(reply.data() + skip, reply.size() - skip);
    }
    const Channel::Moved sent = channel.send(std::span(gathered).first(count), last);
    drop_sent(sent.count);
    if (sent.status == Channel::Status::Ended) return Outcome::Broken;
    if (sent.status == Channel::Status::Blocked) return Outcome::Blocked;
  }
  return Outcome::Sent;
}

void ReplyQueue::drop_sent(std::size_t count) {
  bytes_ -= count;
  while (count > 0) {
    const std::size_t left = replies_[first_].size() - offset_;
    if (count < left) {
      offset_ += count;
      return;
    }
    count -= left;
    offset_ = 0;
    std::string().swap(replies_[first_++]);
  }
  if (first_ == replies_.size()) {
    replies_.clear();
    first_ = 0;
  }
}

}  // namespace freshet::server
