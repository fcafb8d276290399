// SPDX-License-Identifier: Apache-2.0
#include "stream/encoded_cache.h"

#include <utility>

namespace freshet::stream {
namespace {

/// What an event costs beside its bytes.
constexpr std::size_t kEventOverhead = 192;

std::size_t cost_of(const EncodedEvent& event) {
  return event.bytes.capacity() + kEventOverhead;
}

}  // namespace

// Positions of neighbours differ by one, and a feed's entries are neighbours.
std::size_t EncodedCache::Hash::operator()(const Key& key) const {
  return key.position.value() * 31 + key.feed * 0x9E3779B97F4A7C15U + key.index;
}

EncodedEventPtr EncodedCache::find(const Key& key) const {
  const MutexLock lock(mutex_);
  const auto found = events_.find(key);
  return found == events_.end() ? nullptr : found->second;
}

void EncodedCache::put(const Key& key, EncodedEventPtr event) {
  const std::size_t cost = cost_of(*event);
  if (cost > bytes_max_ / 4) return;
  const MutexLock lock(mutex_);
  if (!events_.emplace(key, std::move(event)).second) return;  // another stream was quicker
  order_.push_back(key);
  bytes_ += cost;
  while (bytes_ > bytes_max_) {
    const auto oldest = events_.find(order_.front());
    bytes_ -= cost_of(*oldest->second);
    events_.erase(oldest);
    order_.pop_front();
  }
}

void EncodedCache::clear() {
  const MutexLock lock(mutex_);
  events_.clear();
  order_.clear();
  bytes_ = 0;
}

std::size_t EncodedCache::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace freshet::stream
