// SPDX-License-Identifier: Apache-2.0
// Reading BSON in place. Nothing here copies, allocates or checks: bytes from outside go through
// validate() first, once, and are then trusted by everything above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "bson/type.h"

namespace freshet::bson {

class View;

/// 128-bit decimal floating point as BSON stores it (IEEE 754-2008 BID), little-endian words.
struct Decimal128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// A BSON timestamp: seconds and an increment, compared as one unsigned 64-bit number.
struct Timestamp {
  std::uint32_t seconds = 0;
  std::uint32_t increment = 0;
  std::uint64_t value() const { return std::uint64_t{seconds} << 32 | increment; }
  static Timestamp from(std::uint64_t value) {
    return {static_cast<std::uint32_t>(value >> 32), static_cast<std::uint32_t>(value)};
  }
};

struct BinaryView {
  std::uint8_t subtype = 0;
  std::string_view bytes;
};

struct RegexView {
  std::string_view pattern;
  std::string_view options;
};

struct DbPointerView {
  std::string_view ns;
  std::string_view object_id;  ///< 12 bytes
};

struct CodeWithScopeView;

/// One value without its name: a type and the bytes after the name. Borrows; valid as long as the
/// bytes it points into. The accessors `as_…` require the matching type (see each) and check
/// nothing else.
class ValueView {
 public:
  constexpr ValueView() = default;
  constexpr ValueView(Type type, const char* data, std::uint32_t size)
      : data_(data), size_(size), type_(type) {}

  /// `view` as a value of type Document, or Array.
  static ValueView document(const View& view);
  static ValueView array(const View& view);

  Type type() const { return type_; }
  bool missing() const { return type_ == Type::Missing; }
  explicit operator bool() const { return type_ != Type::Missing; }
  /// Missing, null or undefined.
  bool nullish() const { return missing() || type_ == Type::Null || type_ == Type::Undefined; }
  bool is_number() const { return is_numeric(type_); }
  bool is_document() const { return type_ == Type::Document; }
  bool is_array() const { return type_ == Type::Array; }
  bool is_string() const { return type_ == Type::String; }

  /// The value's bytes as they stand in a document.
  std::string_view raw() const { return {data_, size_}; }

  double as_double() const { return load_le<double>(data_); }
  std::int32_t as_int32() const { return load_le<std::int32_t>(data_); }
  /// Int64 and Date.
  std::int64_t as_int64() const { return load_le<std::int64_t>(data_); }
  bool as_bool() const { return *data_ != 0; }
  /// Milliseconds since the epoch.
  std::int64_t as_date_ms() const { return as_int64(); }
  Timestamp as_timestamp() const { return Timestamp::from(load_le<std::uint64_t>(data_)); }
  Decimal128 as_decimal() const {
    return {load_le<std::uint64_t>(data_), load_le<std::uint64_t>(data_ + 8)};
  }
  /// String, Symbol, JavaScript; without the trailing zero byte.
  std::string_view as_string() const { return {data_ + 4, size_ - 5}; }
  /// Document and Array.
  View as_document() const;
  /// The 12 bytes of an ObjectId.
  std::string_view as_object_id() const { return {data_, 12}; }
  BinaryView as_binary() const;
  RegexView as_regex() const;
  DbPointerView as_db_pointer() const;
  CodeWithScopeView as_code_with_scope() const;

  /// Any numeric type as double (decimals rounded). Requires: is_number().
  double number_as_double() const;
  /// Any numeric type as int64, truncated toward zero and clamped; NaN is 0. Requires: is_number().
  std::int64_t number_as_int64() const;
  /// MongoDB's truth: false, null, undefined, missing and zero of any type are false; all else is
  /// true.
  bool truthy() const;

 private:
  const char* data_ = nullptr;
  std::uint32_t size_ = 0;
  Type type_ = Type::Missing;
};

/// A named value inside a document. Borrows like ValueView.
class Element : public ValueView {
 public:
  constexpr Element() = default;
  constexpr Element(std::string_view name, ValueView value) : ValueView(value), name_(name) {}
  std::string_view name() const { return name_; }
  const ValueView& value() const { return *this; }

 private:
  std::string_view name_;
};

/// A whole document or array in validated bytes. Borrows; cheap to copy.
class View {
 public:
  /// The empty document.
  View();
  /// Requires: `bytes` is exactly one validated document.
  explicit View(std::string_view bytes) : data_(bytes.data()) {}
  explicit View(const char* data) : data_(data) {}

  const char* data() const { return data_; }
  std::uint32_t size_bytes() const { return load_le<std::uint32_t>(data_); }
  std::string_view bytes() const { return {data_, size_bytes()}; }
  std::string to_string() const { return std::string(bytes()); }
  bool empty() const { return size_bytes() <= 5; }

  class Iterator {
   public:
    Iterator() = default;
    explicit Iterator(const char* at) : at_(at) { parse(); }
    const Element& operator*() const { return element_; }
    const Element* operator->() const { return &element_; }
    Iterator& operator++() {
      at_ = next_;
      parse();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }
    /// Where the element (its type byte) begins; with the next one's, the element's whole bytes.
    const char* position() const { return at_; }

   private:
    inline void parse();
    const char* at_ = nullptr;
    const char* next_ = nullptr;
    Element element_;
  };

  Iterator begin() const { return Iterator(data_ + 4); }
  Iterator end() const { return Iterator(data_ + size_bytes() - 1); }

  /// The first element of that name; Missing when there is none.
  Element operator[](std::string_view name) const;
  /// Follows a dotted path through documents only (no array traversal); Missing when it breaks off.
  Element at_path(std::string_view dotted_path) const;
  /// Number of elements; walks the document.
  std::size_t count() const;

 private:
  const char* data_;
};

/// Size in bytes of a value of `type` that starts at `data`. Requires: validated bytes.
inline std::uint32_t value_size(Type type, const char* data) {
  switch (type) {
    case Type::Missing:
    case Type::Undefined:
    case Type::Null:
    case Type::MinKey:
    case Type::MaxKey:
      return 0;
    case Type::Bool:
      return 1;
    case Type::Int32:
      return 4;
    case Type::Double:
    case Type::Date:
    case Type::Timestamp:
    case Type::Int64:
      return 8;
    case Type::ObjectId:
      return 12;
    case Type::Decimal128:
      return 16;
    case Type::String:
    case Type::JavaScript:
    case Type::Symbol:
      return 4 + load_le<std::uint32_t>(data);
    case Type::Document:
    case Type::Array:
    case Type::JavaScriptWithScope:
      return load_le<std::uint32_t>(data);
    case Type::Binary:
      return 5 + load_le<std::uint32_t>(data);
    case Type::DbPointer:
      return 16 + load_le<std::uint32_t>(data);
    case Type::Regex: {
      const std::size_t pattern = std::strlen(data) + 1;
      return static_cast<std::uint32_t>(pattern + std::strlen(data + pattern) + 1);
    }
  }
  return 0;
}

struct CodeWithScopeView {
  std::string_view code;
  View scope;
};

inline View ValueView::as_document() const {
  return View(data_);
}
inline ValueView ValueView::document(const View& view) {
  return {Type::Document, view.data(), view.size_bytes()};
}
inline ValueView ValueView::array(const View& view) {
  return {Type::Array, view.data(), view.size_bytes()};
}

inline void View::Iterator::parse() {
  const auto type = static_cast<Type>(*at_);
  if (type == Type::Missing) {
    element_ = Element();
    next_ = at_;
    return;
  }
  const char* name = at_ + 1;
  const std::size_t name_size = std::strlen(name);
  const char* data = name + name_size + 1;
  const std::uint32_t size = value_size(type, data);
  element_ = Element({name, name_size}, {type, data, size});
  next_ = data + size;
}

}  // namespace freshet::bson
