// SPDX-License-Identifier: Apache-2.0
// One value that somebody computed: what expressions and update operators pass around.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bson/view.h"

namespace freshet::bson {

/// Owns or borrows one BSON value. Scalars and short owned strings lie inside (16 bytes); larger
/// values borrow the bytes they were made from, or share an owned buffer. A borrowing Value is
/// valid as long as the document it was read from; owned() ends that. Copies are cheap. Immutable
/// apart from assignment.
class Value {
 public:
  Value() = default;  ///< Missing
  /// Borrows `view` (scalars are copied). What view() returns is valid while the Value lives and is
  /// not moved from.
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
  /// A part of this value (a field of the document it holds), which shares its bytes. Requires:
  /// `inside` points into view().raw(). Borrows when this value does.
  Value part(ValueView inside) const;

  ValueView view() const;
  operator ValueView() const { return view(); }  // NOLINT: a Value reads as what it holds
  Type type() const { return type_; }
  bool missing() const { return type_ == Type::Missing; }
  bool nullish() const { return view().nullish(); }

  /// This value, no longer dependent on anybody else's bytes.
  Value owned() const;

 private:
  Value(Type type, std::string_view bytes);
  Value(Type type, std::string&& bytes);

  Type type_ = Type::Missing;
  bool inside_ = false;  // the bytes lie in inline_
  std::uint32_t size_ = 0;
  union {
    char inline_[16];
    const char* data_ = nullptr;
  };
  std::shared_ptr<const std::string>
      holder_;  // shared between copies; null when inline or borrowed
};

}  // namespace freshet::bson
