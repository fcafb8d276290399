// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/key_table.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/invariant.h"

namespace freshet::commit {

KeyTable::KeyTable() : stripes_(std::make_unique<std::array<Stripe, kStripes>>()) {}

KeyTable::~KeyTable() = default;

KeyTable::Stripe& KeyTable::stripe_of(std::size_t hash) const {
  return (*stripes_)[(hash >> 16) % kStripes];
}

KeyTable::Attempt KeyTable::take(std::string key, std::uint64_t owner) {
  Hashed hashed{std::move(key), 0};
  hashed.hash = std::hash<std::string>{}(hashed.bytes);
  Stripe& stripe = stripe_of(hashed.hash);
  MutexLock lock(stripe.mutex);
  const auto [at, fresh] = stripe.keys.try_emplace(std::move(hashed));
  if (!fresh) {
    if (at->second.owner == owner) return {.outcome = Outcome::AlreadyOurs};
    return {.outcome = Outcome::HeldByOther, .in_the_way = at->first.bytes};
  }
  at->second.owner = owner;
  return {
      .outcome = Outcome::Taken, .handle = &at->first, .released_through = stripe.released_through};
}

void KeyTable::release(const std::vector<Handle>& handles, std::uint64_t sequence) {
  for (const Handle handle : handles) {
    std::vector<WakerPtr> waiting;
    {
      Stripe& stripe = stripe_of(handle->hash);
      MutexLock lock(stripe.mutex);
      const auto at = stripe.keys.find(*handle);
      invariant(at != stripe.keys.end(), "a released key is held");
      waiting = std::move(at->second.waiting);
      stripe.keys.erase(at);
      stripe.released_through = std::max(stripe.released_through, sequence);
    }
    for (const WakerPtr& waker : waiting)
      waker->wake();
  }
}

void KeyTable::wait(const std::string& key, WakerPtr waker) {
  {
    const Hashed hashed{key, std::hash<std::string>{}(key)};
    Stripe& stripe = stripe_of(hashed.hash);
    MutexLock lock(stripe.mutex);
    const auto at = stripe.keys.find(hashed);
    if (at != stripe.keys.end()) {
      at->second.waiting.push_back(std::move(waker));
      return;
    }
  }
  waker->wake();
}

std::size_t KeyTable::size() const {
  std::size_t size = 0;
  for (const Stripe& stripe : *stripes_) {
    MutexLock lock(stripe.mutex);
    size += stripe.keys.size();
  }
  return size;
}

}  // namespace freshet::commit
