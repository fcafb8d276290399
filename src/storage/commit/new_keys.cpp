// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/new_keys.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <string>
#include <utility>

namespace freshet::commit {
namespace {

/// Never 0.
std::uint64_t hash_of(storage::Space space, std::string_view key) {
  constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 / the golden ratio
  return (std::hash<std::string_view>{}(key) ^ (space.id * kSpread)) | 1U;
}

void raise_to(std::string& mark, const std::string& key) {
  if (mark < key) mark = key;
}

}  // namespace

NewKeys::Table::Table(std::size_t keys_max) : keys_max_(keys_max) {}

std::size_t NewKeys::Table::place_of(std::uint64_t hash) const {
  const std::size_t mask = places_.size() - 1;
  std::size_t place = (hash >> 16) & mask;
  while (places_[place] != 0 && places_[place] != hash)
    place = (place + 1) & mask;
  return place;
}

bool NewKeys::Table::contains(std::uint64_t hash) const {
  return size_ != 0 && places_[place_of(hash)] == hash;
}

bool NewKeys::Table::insert(std::uint64_t hash) {
  if (places_.empty()) places_.resize(std::bit_ceil(2 * keys_max_));
  std::uint64_t& place = places_[place_of(hash)];
  if (place == hash) return false;
  place = hash;
  ++size_;
  return true;
}

void NewKeys::Table::clear() {
  std::fill(places_.begin(), places_.end(), 0);
  size_ = 0;
}

NewKeys::NewKeys(std::size_t keys_max) : newer_(keys_max), older_(keys_max) {}

void NewKeys::begin(KeyMark& mark, std::string_view floor) {
  MutexLock lock(mutex_);
  if (mark.known) return;
  mark.known = true;
  mark.floor = floor;
  mark.generation = generation_;
}

/// Moves the mark on to the generation of now: keys of those that were forgotten count as there.
void NewKeys::age(KeyMark& mark) const {
  if (mark.generation == generation_) return;
  raise_to(mark.floor, mark.older);
  mark.older = std::move(mark.newest);
  mark.newest.clear();
  if (mark.generation + 1 != generation_) {
    raise_to(mark.floor, mark.older);
    mark.older.clear();
  }
  mark.generation = generation_;
}

NewKeys::Answer NewKeys::put(KeyMark& mark, storage::Space space, std::string_view key) {
  const std::uint64_t hash = hash_of(space, key);
  MutexLock lock(mutex_);
  if (!mark.known) return Answer::NotBegun;
  if (newer_.full()) {
    std::swap(newer_, older_);
    newer_.clear();
    ++generation_;
  }
  age(mark);
  if (key <= mark.floor) return Answer::Unsure;
  if (key > mark.newest) mark.newest = key;
  const bool was_older = older_.contains(hash);
  const bool is_new = newer_.insert(hash) && !was_older;  // into the newer anyhow: it is put again
  return is_new ? Answer::New : Answer::Unsure;
}

}  // namespace freshet::commit
