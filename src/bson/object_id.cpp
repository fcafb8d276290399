// SPDX-License-Identifier: Apache-2.0
#include "bson/object_id.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace freshet::bson {

ObjectIdSource::ObjectIdSource(const Clock& clock, Random& random)
    : clock_(clock), counter_(static_cast<std::uint32_t>(random.next())) {
  const std::string bytes = random.bytes(process_.size());
  std::copy(bytes.begin(), bytes.end(), process_.begin());
}

ObjectId ObjectIdSource::next() {
  const auto seconds = static_cast<std::uint32_t>(clock_.wall_ms() / 1000);
  const std::uint32_t count = counter_.fetch_add(1, std::memory_order_relaxed);
  ObjectId id;
  store_le(id.data.data(), __builtin_bswap32(seconds));
  std::copy(process_.begin(), process_.end(), id.data.begin() + 4);
  id.data[9] = static_cast<char>(count >> 16);
  id.data[10] = static_cast<char>(count >> 8);
  id.data[11] = static_cast<char>(count);
  return id;
}

}  // namespace freshet::bson
