// SPDX-License-Identifier: Apache-2.0
// How a space and a key become one key, for engines that keep all spaces in one order, and for the
// table of held keys.
//
//   kind (1 byte) | id (8 bytes, big-endian) | key
//
// The RocksDB engine stores this; see docs/formats/storage.md. Never renumber.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "storage/store.h"

namespace freshet::storage {

inline constexpr std::size_t kSpacePrefixBytes = 9;

/// What stands in front of the key.
class SpacePrefix {
 public:
  explicit SpacePrefix(Space space) {
    bytes_[0] = static_cast<char>(space.kind);
    store_be64(bytes_.data() + 1, space.id);
  }
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, kSpacePrefixBytes> bytes_;
};

inline std::string space_key(Space space, std::string_view key) {
  std::string out;
  out.reserve(kSpacePrefixBytes + key.size());
  out.append(SpacePrefix(space).bytes()).append(key);
  return out;
}

/// The key of the space back. Borrows from `whole`.
inline std::string_view without_space(std::string_view whole) {
  return whole.substr(kSpacePrefixBytes);
}

/// The first key behind every key of the space.
inline std::string space_end(Space space) {
  if (space.id == ~std::uint64_t{0}) {
    return std::string(1, static_cast<char>(static_cast<unsigned char>(space.kind) + 1));
  }
  return space_key({space.kind, space.id + 1}, {});
}

/// The range with the space in front of both bounds; its end is never empty.
inline KeyRange space_range(Space space, const KeyRange& range) {
  return {space_key(space, range.begin),
          range.end.empty() ? space_end(space) : space_key(space, range.end)};
}

}  // namespace freshet::storage
