// SPDX-License-Identifier: Apache-2.0
// The first bytes of keys; the grammar stands in key.cpp. Stored: never renumber.
#pragma once

#include "bson/type.h"

namespace freshet::bson::key_bytes {

using Byte = unsigned char;

inline constexpr Byte kEnd = 0x00;
inline constexpr Byte kMinKey = 0x08;
inline constexpr Byte kUndefined = 0x0C;
inline constexpr Byte kNull = 0x10;
inline constexpr Byte kNan = 0x18;
inline constexpr Byte kMinusInfinity = 0x19;
inline constexpr Byte kZero = 0x24;
inline constexpr Byte kBelowOne = 0x25;
inline constexpr Byte kWhole = 0x26;  ///< and the seven after it, by bytes of the whole part
inline constexpr Byte kHuge = 0x2E;
inline constexpr Byte kInfinity = 0x2F;
inline constexpr Byte kString = 0x38;
inline constexpr Byte kDocument = 0x40;
inline constexpr Byte kArray = 0x48;
inline constexpr Byte kBinary = 0x50;
inline constexpr Byte kObjectId = 0x58;
inline constexpr Byte kFalse = 0x60;
inline constexpr Byte kTrue = 0x61;
inline constexpr Byte kDate = 0x68;
inline constexpr Byte kTimestamp = 0x70;
inline constexpr Byte kRegex = 0x78;
inline constexpr Byte kDbPointer = 0x80;
inline constexpr Byte kCode = 0x88;
inline constexpr Byte kCodeWithScope = 0x90;
inline constexpr Byte kMaxKey = 0xF0;

inline constexpr Byte kTextZero = 0xFF;  ///< behind a zero byte of a text
inline constexpr Byte kTextEnd = 0x01;   ///< behind the zero byte that ends it

inline constexpr int kFractionBits = 55;
inline constexpr int kFractionBytes = 7;

/// The first byte of a negative number's key, from that of its magnitude, and back.
constexpr Byte mirrored(Byte tag) {
  return static_cast<Byte>(2 * kZero - tag);
}

/// The first byte of the lowest key of this type; numbers of all types share theirs.
Byte first_of(Type type);

/// begin <= first byte of a key < end, for the keys of all values that compare with `type`.
struct Bracket {
  Byte begin;
  Byte end;
};
Bracket bracket_of(Type type);

}  // namespace freshet::bson::key_bytes
