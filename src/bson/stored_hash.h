// SPDX-License-Identifier: Apache-2.0
// Hashes that are stored: of keys that are too long, and of hashed indexes. The same on every
// machine and for ever.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freshet::bson {

/// SipHash-2-4 with 128 bits of output, under a fixed key: 16 bytes.
std::string stored_hash_128(std::string_view bytes);
/// Its first half as a number.
std::uint64_t stored_hash_64(std::string_view bytes);

}  // namespace freshet::bson
