// SPDX-License-Identifier: Apache-2.0
#include "bson/value.h"

#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/invariant.h"

namespace freshet::bson {
namespace {

constexpr std::size_t kInlineBytes = 16;

// Types of fixed size; all of them fit inside.
bool is_scalar(Type type) {
  switch (type) {
    case Type::String:
    case Type::Document:
    case Type::Array:
    case Type::Binary:
    case Type::Regex:
    case Type::DbPointer:
    case Type::JavaScript:
    case Type::Symbol:
    case Type::JavaScriptWithScope:
      return false;
    default:
      return true;
  }
}

// Documents stay outside: a part of one must not move when the Value that holds it does.
bool goes_inside(Type type, std::size_t size) {
  return size <= kInlineBytes && type != Type::Document && type != Type::Array &&
         type != Type::JavaScriptWithScope;
}

template <typename T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

Value::Value(ValueView view)
    : type_(view.type()), size_(static_cast<std::uint32_t>(view.raw().size())) {
  if (is_scalar(type_)) {
    inside_ = true;
    if (size_ != 0) std::memcpy(inline_, view.raw().data(), size_);
  } else {
    data_ = view.raw().data();
  }
}

// An owned copy.
Value::Value(Type type, std::string_view bytes)
    : type_(type), size_(static_cast<std::uint32_t>(bytes.size())) {
  if (goes_inside(type, bytes.size())) {
    inside_ = true;
    if (size_ != 0) std::memcpy(inline_, bytes.data(), bytes.size());
  } else {
    holder_ = std::make_shared<const std::string>(bytes);
    data_ = holder_->data();
  }
}

Value::Value(Type type, std::string&& bytes)
    : type_(type), size_(static_cast<std::uint32_t>(bytes.size())) {
  if (goes_inside(type, bytes.size())) {
    inside_ = true;
    std::memcpy(inline_, bytes.data(), bytes.size());
  } else {
    holder_ = std::make_shared<const std::string>(std::move(bytes));
    data_ = holder_->data();
  }
}

Value Value::null() {
  return {Type::Null, std::string_view()};
}
Value Value::undefined() {
  return {Type::Undefined, std::string_view()};
}
Value Value::min_key() {
  return {Type::MinKey, std::string_view()};
}
Value Value::max_key() {
  return {Type::MaxKey, std::string_view()};
}
Value Value::boolean(bool value) {
  return {Type::Bool, std::string_view(value ? "\1" : "\0", 1)};
}
Value Value::int32(std::int32_t value) {
  return {Type::Int32, bytes_of(value)};
}
Value Value::int64(std::int64_t value) {
  return {Type::Int64, bytes_of(value)};
}
Value Value::number(double value) {
  return {Type::Double, bytes_of(value)};
}
Value Value::decimal(Decimal128 value) {
  return {Type::Decimal128, bytes_of(value)};
}
Value Value::date(std::int64_t ms) {
  return {Type::Date, bytes_of(ms)};
}

Value Value::timestamp(Timestamp value) {
  const std::uint64_t number = value.value();
  return {Type::Timestamp, bytes_of(number)};
}

Value Value::object_id(std::string_view twelve_bytes) {
  invariant(twelve_bytes.size() == 12, "an ObjectId has 12 bytes");
  return {Type::ObjectId, twelve_bytes};
}

Value Value::string(std::string_view value) {
  std::string bytes;
  bytes.reserve(value.size() + 5);
  append_le(bytes, static_cast<std::uint32_t>(value.size() + 1));
  bytes.append(value);
  bytes.push_back('\0');
  return {Type::String, std::move(bytes)};
}

Value Value::binary(std::uint8_t subtype, std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 5);
  append_le(out, static_cast<std::uint32_t>(bytes.size()));
  out.push_back(static_cast<char>(subtype));
  out.append(bytes);
  return {Type::Binary, std::move(out)};
}

Value Value::regex(std::string_view pattern, std::string_view options) {
  std::string out(pattern);
  out.push_back('\0');
  out.append(options);
  out.push_back('\0');
  return {Type::Regex, std::move(out)};
}

Value Value::document(std::string bytes) {
  return {Type::Document, std::move(bytes)};
}
Value Value::array(std::string bytes) {
  return {Type::Array, std::move(bytes)};
}
Value Value::copy(ValueView view) {
  return {view.type(), view.raw()};
}

Value Value::part(ValueView inside) const {
  if (inside_) return copy(inside);
  Value value(inside);
  if (!value.inside_) value.holder_ = holder_;
  return value;
}

ValueView Value::view() const {
  return {type_, inside_ ? inline_ : data_, size_};
}

Value Value::owned() const {
  return inside_ || holder_ ? *this : copy(view());
}

}  // namespace freshet::bson
