// SPDX-License-Identifier: Apache-2.0
// Bytes as text.
#include "query/expression/binary_text.h"

#include <cstdint>

namespace freshet::query {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kUuidBytes = 16;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string base64_encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xFFFFFFU;
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += alphabet[(bits >> count) & 63U];
    }
  }
  if (count > 0) out += alphabet[(bits << (6 - count)) & 63U];
  while (padded && out.size() % 4 != 0)
    out += '=';
  return out;
}

std::optional<std::string> base64_decode(std::string_view text, std::string_view alphabet,
                                         bool padded) {
  if (padded && text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i)
    text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xFFU);
  }
  return out;
}

constexpr bool is_uuid_dash(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

std::optional<std::string> uuid_decode(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string hex;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_uuid_dash(i)) {
      hex += text[i];
    } else if (text[i] != '-') {
      return std::nullopt;
    }
  }
  return hex_decode(hex);
}

std::string uuid_encode(std::string_view bytes) {
  std::string out;
  for (const char c : hex_encode(bytes)) {
    if (is_uuid_dash(out.size())) out += '-';
    out += c;
  }
  return out;
}

}  // namespace

std::string hex_encode(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::optional<std::string> binary_to_text(bson::BinaryView binary, std::string_view format) {
  const bool is_uuid = binary.subtype == 4 && binary.bytes.size() == kUuidBytes;
  if (format == "auto") format = is_uuid ? "uuid" : "base64";
  if (format == "base64") return base64_encode(binary.bytes, kBase64, true);
  if (format == "base64url") return base64_encode(binary.bytes, kBase64Url, false);
  if (format == "hex") return hex_encode(binary.bytes);
  if (format == "utf8") return std::string(binary.bytes);
  if (format == "uuid" && is_uuid) return uuid_encode(binary.bytes);
  return std::nullopt;
}

std::optional<std::string> text_to_binary(std::string_view text, std::string_view format) {
  if (format == "uuid") return uuid_decode(text);
  if (format == "base64" || format == "auto") return base64_decode(text, kBase64, true);
  if (format == "base64url") return base64_decode(text, kBase64Url, false);
  if (format == "hex") return hex_decode(text);
  if (format == "utf8") return std::string(text);
  return std::nullopt;
}

}  // namespace freshet::query
