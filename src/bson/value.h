// SPDX-License-Identifier: Apache-2.0
// One value that somebody computed: what expressions and update operators pass around.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bson/view.h"

namespace freshet::bson {

/// Owns or borrows one BSON value. Scalars (≤ 16 bytes) lie inside; larger values borrow the bytes
/// they were made from, or share an owned buffer. A borrowing Value is valid as long as the
/// document it was read from; owned() ends that. Copies are cheap. Immutable apart from assignment.
class Value {
 public:
  Value() = default;  ///< Missing
  /// Borrows `view` (scalars are copied).
  explicit Value(ValueView view);

  static Value null();
  static Value boolean(bool value);
  static Value int32(std::int32_t value);
  static Value int64(std::int64_t value);
  static Value number(double value);
  static Value decimal(Decimal128 value);
  static Value date(std::int64_t ms);
  static Value timestamp(Timestamp value);
  static Value object_id(std::string_view twelve_bytes);
  static Value string(std::string_view value);
  static Value binary(std::uint8_t subtype, std::string_view bytes);
  static Value regex(std::string_view pattern, std::string_view options);
  /// Takes finished BSON bytes (from a Builder).
  static Value document(std::string bytes);
  static Value array(std::string bytes);
  static Value undefined();
  static Value min_key();
  static Value max_key();
  /// Owned copy of `view`.
  static Value copy(ValueView view);

  ValueView view() const;
  operator ValueView() const { return view(); }  // NOLINT: a Value reads as what it holds
  Type type() const { return type_; }
  bool missing() const { return type_ == Type::Missing; }
  bool nullish() const { return view().nullish(); }

  /// This value, no longer dependent on anybody else's bytes.
  Value owned() const;

  /// A value inside this one (an element, a field): shares what this one owns, borrows what this one borrows.
  Value part(ValueView inner) const {
    Value value(inner);
    if (holder_) value.holder_ = holder_;
    return value;
  }

 private:
  Type type_ = Type::Missing;
  bool inside_ = false;  // the bytes lie in inline_
  std::uint32_t size_ = 0;
  union {
    char inline_[16];
    const char* data_;
  };
  std::shared_ptr<const std::string>
      holder_;  // shared between copies; null when inline or borrowed
};

}  // namespace freshet::bson
