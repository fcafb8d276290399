// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4-128 (Aumasson and Bernstein). The key is a constant: the hash keeps long keys apart,
// it keeps nothing secret. Never change it in place.
#include "bson/stored_hash.h"

#include <bit>

#include "base/bytes.h"

namespace freshet::bson {
namespace {

constexpr std::uint64_t kKey0 = 0x6672657368657430;
constexpr std::uint64_t kKey1 = 0x6c6f6e676b657931;

struct Sip {
  std::uint64_t v0 = kKey0 ^ 0x736f6d6570736575;
  std::uint64_t v1 = kKey1 ^ 0x646f72616e646f6d ^ 0xee;
  std::uint64_t v2 = kKey0 ^ 0x6c7967656e657261;
  std::uint64_t v3 = kKey1 ^ 0x7465646279746573;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void rounds(int count) {
    for (int i = 0; i < count; ++i)
      round();
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  std::uint64_t result() const { return v0 ^ v1 ^ v2 ^ v3; }
};

Sip absorb_all(std::string_view bytes) {
  Sip state;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8)
    state.absorb(load_le<std::uint64_t>(bytes.data() + at));
  std::uint64_t last = std::uint64_t{bytes.size() & 0xff} << 56;
  for (std::size_t i = 0; at + i < bytes.size(); ++i) {
    last |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  state.absorb(last);
  state.v2 ^= 0xee;
  state.rounds(4);
  return state;
}

}  // namespace

std::string stored_hash_128(std::string_view bytes) {
  Sip state = absorb_all(bytes);
  std::string hash;
  append_le(hash, state.result());
  state.v1 ^= 0xdd;
  state.rounds(4);
  append_le(hash, state.result());
  return hash;
}

std::uint64_t stored_hash_64(std::string_view bytes) {
  return absorb_all(bytes).result();
}

}  // namespace freshet::bson
