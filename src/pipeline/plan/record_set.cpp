// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/record_set.h"

#include <algorithm>

namespace freshet::pipeline {
namespace {

constexpr std::size_t kWords = 65'536 / 64;
constexpr std::size_t kChunkBytes = 96;  // a node of the map with its two empty vectors

std::uint64_t mask(std::uint16_t low) {
  return std::uint64_t{1} << (low % 64);
}

}  // namespace

bool RecordSet::insert(collection::RecordId id) {
  const std::uint64_t value = collection::value_of(id);
  const auto [at, fresh] = chunks_.try_emplace(value >> 16);
  if (fresh) bytes_ += kChunkBytes;
  return insert(at->second, static_cast<std::uint16_t>(value));
}

bool RecordSet::insert(Chunk& chunk, std::uint16_t low) {
  if (!chunk.bits.empty()) {
    std::uint64_t& word = chunk.bits[low / 64];
    if ((word & mask(low)) != 0) return false;
    word |= mask(low);
    return true;
  }
  const auto at = std::lower_bound(chunk.list.begin(), chunk.list.end(), low);
  if (at != chunk.list.end() && *at == low) return false;
  if (chunk.list.size() < kListMax) {
    chunk.list.insert(at, low);
    bytes_ += sizeof(low);
    return true;
  }
  chunk.bits.resize(kWords);
  for (const std::uint16_t each : chunk.list)
    chunk.bits[each / 64] |= mask(each);
  bytes_ += kWords * sizeof(std::uint64_t) - chunk.list.size() * sizeof(low);
  chunk.list = {};
  return insert(chunk, low);
}

bool RecordSet::contains(collection::RecordId id) const {
  const std::uint64_t value = collection::value_of(id);
  const auto found = chunks_.find(value >> 16);
  if (found == chunks_.end()) return false;
  const auto low = static_cast<std::uint16_t>(value);
  const Chunk& chunk = found->second;
  if (!chunk.bits.empty()) return (chunk.bits[low / 64] & mask(low)) != 0;
  return std::binary_search(chunk.list.begin(), chunk.list.end(), low);
}

}  // namespace freshet::pipeline
