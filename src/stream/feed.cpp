// SPDX-License-Identifier: Apache-2.0
#include "stream/feed.h"

#include <algorithm>
#include <utility>

namespace freshet::stream {

void Feed::note_match(std::uint64_t number, Position position) {
  if (matches_.size() >= matches_max()) {
    forget(matches_[matches_.size() / 2].position);
  }
  matches_.push_back({number, position});
}

void Feed::forget(Position through) {
  complete_from_ = std::max(complete_from_, through);
  std::erase_if(matches_, [&](const Match& match) { return match.position <= through; });
}

std::optional<Position> Feed::first_match_after(Position after) const {
  const auto at = std::ranges::upper_bound(matches_, after, {}, &Match::position);
  return at == matches_.end() ? std::nullopt : std::optional(at->position);
}

std::vector<std::uint64_t> Feed::matches_after(Position after, std::size_t count_max) const {
  auto at = std::ranges::upper_bound(matches_, after, {}, &Match::position);
  std::vector<std::uint64_t> numbers;
  for (; at != matches_.end() && numbers.size() < count_max; ++at)
    numbers.push_back(at->number);
  return numbers;
}

void Feed::forget_before(std::uint64_t number) {
  const auto kept = std::ranges::lower_bound(matches_, number, {}, &Match::number);
  if (kept != matches_.begin()) forget(std::prev(kept)->position);
}

void Feed::add_waiter(Waiter& waiter, WakerPtr waker) {
  const bool waits_already = waiter.waker != nullptr;
  waiter.waker = std::move(waker);
  if (waits_already) return;
  waiter.slot = waiting_.size();
  waiting_.push_back(&waiter);
}

void Feed::remove_waiter(Waiter& waiter) {
  if (waiter.waker == nullptr) return;
  waiter.waker.reset();
  waiting_[waiter.slot] = waiting_.back();
  waiting_[waiter.slot]->slot = waiter.slot;
  waiting_.pop_back();
}

void Feed::take_wakers(Position clean, std::vector<WakerPtr>& out) {
  for (Waiter* waiter : waiting_) {
    waiter->clean = clean;
    out.push_back(std::move(waiter->waker));
  }
  waiting_.clear();
}

}  // namespace freshet::stream
