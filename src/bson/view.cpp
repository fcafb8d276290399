// SPDX-License-Identifier: Apache-2.0
#include "bson/view.h"

#include <cmath>
#include <limits>

#include "bson/decimal.h"

namespace freshet::bson {
namespace {

constexpr char kEmptyDocument[] = {5, 0, 0, 0, 0};

std::int64_t truncate(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
  if (value < -0x1p63) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

std::int64_t truncate(Decimal128 value) {
  if (decimal::is_nan(value)) return 0;
  if (const auto exact = decimal::to_int64(value)) return *exact;
  return decimal::is_negative(value) ? std::numeric_limits<std::int64_t>::min()
                                     : std::numeric_limits<std::int64_t>::max();
}

}  // namespace

BinaryView ValueView::as_binary() const {
  return {static_cast<std::uint8_t>(data_[4]), {data_ + 5, size_ - 5}};
}

RegexView ValueView::as_regex() const {
  const std::string_view pattern(data_);
  return {pattern, std::string_view(data_ + pattern.size() + 1)};
}

DbPointerView ValueView::as_db_pointer() const {
  return {{data_ + 4, size_ - 17}, {data_ + size_ - 12, 12}};
}

CodeWithScopeView ValueView::as_code_with_scope() const {
  const auto code_size = load_le<std::uint32_t>(data_ + 4);
  return {{data_ + 8, code_size - 1}, View(data_ + 8 + code_size)};
}

double ValueView::number_as_double() const {
  switch (type_) {
    case Type::Double:
      return as_double();
    case Type::Int32:
      return as_int32();
    case Type::Int64:
      return static_cast<double>(as_int64());
    case Type::Decimal128:
      return decimal::to_double(as_decimal());
    default:
      return 0;
  }
}

std::int64_t ValueView::number_as_int64() const {
  switch (type_) {
    case Type::Double:
      return truncate(as_double());
    case Type::Int32:
      return as_int32();
    case Type::Int64:
      return as_int64();
    case Type::Decimal128:
      return truncate(as_decimal());
    default:
      return 0;
  }
}

bool ValueView::truthy() const {
  switch (type_) {
    case Type::Missing:
    case Type::Undefined:
    case Type::Null:
      return false;
    case Type::Bool:
      return as_bool();
    case Type::Double:
      return as_double() != 0;
    case Type::Int32:
      return as_int32() != 0;
    case Type::Int64:
      return as_int64() != 0;
    case Type::Decimal128:
      return !decimal::is_zero(as_decimal());
    default:
      return true;
  }
}

View::View() : data_(kEmptyDocument) {}

Element View::operator[](std::string_view name) const {
  for (const Element& element : *this) {
    if (element.name() == name) return element;
  }
  return {};
}

Element View::at_path(std::string_view dotted_path) const {
  View at = *this;
  for (;;) {
    const std::size_t dot = dotted_path.find('.');
    const Element found = at[dotted_path.substr(0, dot)];
    if (dot == std::string_view::npos) return found;
    if (found.type() != Type::Document) return {};
    at = found.as_document();
    dotted_path.remove_prefix(dot + 1);
  }
}

std::size_t View::count() const {
  std::size_t n = 0;
  for (auto it = begin(); it != end(); ++it)
    ++n;
  return n;
}

}  // namespace freshet::bson
