// SPDX-License-Identifier: Apache-2.0
// UUIDs: names of collections in the log, of sessions. BSON binary subtype 4.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "bson/builder.h"
#include "bson/view.h"

namespace freshet::model {

/// 16 bytes. Regular, ordered bytewise; default is all zero.
class Uuid {
 public:
  static constexpr std::uint8_t kBinarySubtype = 4;

  Uuid() = default;
  /// Requires: 16 bytes.
  explicit Uuid(std::string_view sixteen_bytes);
  /// A random (version 4) UUID.
  static Uuid generate(Random& random);
  /// nullopt unless `value` is binary of subtype 4 and 16 bytes.
  static std::optional<Uuid> from(bson::ValueView value);
  /// Reads the text form; nullopt when it is not one.
  static std::optional<Uuid> from_string(std::string_view text);

  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
  /// "8-4-4-4-12" lower-case hexadecimal.
  std::string to_string() const;
  void append_to(bson::Builder& out, std::string_view name) const {
    out.add_binary(name, kBinarySubtype, bytes());
  }
  bool is_zero() const { return *this == Uuid(); }

  bool operator==(const Uuid&) const = default;
  std::strong_ordering operator<=>(const Uuid& other) const {
    return std::memcmp(bytes_.data(), other.bytes_.data(), bytes_.size()) <=> 0;
  }

 private:
  std::array<char, 16> bytes_{};
};

}  // namespace freshet::model

template <>
struct std::hash<freshet::model::Uuid> {
  std::size_t operator()(const freshet::model::Uuid& uuid) const noexcept {
    return std::hash<std::string_view>{}(uuid.bytes());
  }
};
