// SPDX-License-Identifier: Apache-2.0
#include "model/uuid.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/invariant.h"

namespace freshet::model {

Uuid::Uuid(std::string_view sixteen_bytes) {
  invariant(sixteen_bytes.size() == bytes_.size(), "a UUID has 16 bytes");
  std::copy(sixteen_bytes.begin(), sixteen_bytes.end(), bytes_.begin());
}

Uuid Uuid::generate(Random& random) {
  Uuid uuid(random.bytes(16));
  uuid.bytes_[6] = static_cast<char>((uuid.bytes_[6] & 0x0F) | 0x40);  // version 4
  uuid.bytes_[8] = static_cast<char>((uuid.bytes_[8] & 0x3F) | 0x80);  // variant of RFC 9562
  return uuid;
}

std::optional<Uuid> Uuid::from(bson::ValueView value) {
  if (value.type() != bson::Type::Binary) return std::nullopt;
  const bson::BinaryView binary = value.as_binary();
  if (binary.subtype != kBinarySubtype || binary.bytes.size() != 16) return std::nullopt;
  return Uuid(binary.bytes);
}

std::optional<Uuid> Uuid::from_string(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string hex;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) hex.push_back(text[i]);
  }
  std::string bytes;
  if (!from_hex(hex, bytes)) return std::nullopt;
  return Uuid(bytes);
}

std::string Uuid::to_string() const {
  std::string text = to_hex(bytes());
  for (const std::size_t at : {8U, 13U, 18U, 23U})
    text.insert(at, 1, '-');
  return text;
}

}  // namespace freshet::model
