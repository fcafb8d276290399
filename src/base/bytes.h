// SPDX-License-Identifier: Apache-2.0
// Fixed-width integers in memory. Byte strings are std::string, views of them std::string_view,
// everywhere.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace freshet {

static_assert(std::endian::native == std::endian::little,
              "stored and wire formats are read in place");

/// Reads a little-endian T (integers, double) at `at`, which need not be aligned.
template <typename T>
T load_le(const char* at) {
  static_assert(std::is_arithmetic_v<T>);
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T>
void store_le(char* at, T value) {
  static_assert(std::is_arithmetic_v<T>);
  std::memcpy(at, &value, sizeof value);
}

template <typename T>
void append_le(std::string& out, T value) {
  char raw[sizeof value];
  store_le(raw, value);
  out.append(raw, sizeof raw);
}

inline std::uint64_t load_be64(const char* at) {
  return __builtin_bswap64(load_le<std::uint64_t>(at));
}
inline std::uint32_t load_be32(const char* at) {
  return __builtin_bswap32(load_le<std::uint32_t>(at));
}
inline void store_be64(char* at, std::uint64_t value) {
  store_le(at, __builtin_bswap64(value));
}
inline void append_be64(std::string& out, std::uint64_t value) {
  append_le(out, __builtin_bswap64(value));
}
inline void append_be32(std::string& out, std::uint32_t value) {
  append_le(out, __builtin_bswap32(value));
}

/// `bytes` == `text`, a literal. Short ones are compared as a number, without a call; for chains of
/// names on hot paths.
template <std::size_t N>
bool equals(std::string_view bytes, const char (&text)[N]) {
  return bytes.size() == N - 1 && std::memcmp(bytes.data(), text, N - 1) == 0;
}

/// Lower-case hexadecimal of `bytes`.
std::string to_hex(std::string_view bytes);
/// The reverse; accepts both cases. False when `hex` has an odd length or another character.
[[nodiscard]] bool from_hex(std::string_view hex, std::string& out);

}  // namespace freshet
