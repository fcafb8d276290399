// SPDX-License-Identifier: Apache-2.0
#include "bson/compare.h"

#include <cmath>
#include <functional>
#include <optional>

#include "bson/decimal.h"

namespace freshet::bson {
namespace {

template <typename T>
int three_way(T a, T b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

int sign(int order) {
  return three_way(order, 0);
}

int compare_bytes(std::string_view a, std::string_view b) {
  return sign(a.compare(b));
}

bool is_nan(ValueView value) {
  if (value.type() == Type::Double) return std::isnan(value.as_double());
  return value.type() == Type::Decimal128 && decimal::is_nan(value.as_decimal());
}

bool is_integer(ValueView value) {
  return value.type() == Type::Int32 || value.type() == Type::Int64;
}

std::int64_t integer(ValueView value) {
  return value.type() == Type::Int32 ? value.as_int32() : value.as_int64();
}

int compare_integer_double(std::int64_t a, double b) {
  if (b >= 0x1p63) return -1;
  if (b < -0x1p63) return 1;
  const auto whole = static_cast<std::int64_t>(b);
  if (a != whole) return a < whole ? -1 : 1;
  return three_way(0.0, b - static_cast<double>(whole));
}

int compare_decimal(Decimal128 a, ValueView b) {
  if (b.type() == Type::Decimal128) return decimal::compare(a, b.as_decimal());
  if (b.type() == Type::Double) return decimal::compare(a, b.as_double());
  return decimal::compare(a, decimal::from_int64(integer(b)));
}

int compare_numbers(ValueView a, ValueView b) {
  if (is_integer(a) && is_integer(b)) return three_way(integer(a), integer(b));
  const bool a_nan = is_nan(a);
  const bool b_nan = is_nan(b);
  if (a_nan || b_nan) return static_cast<int>(b_nan) - static_cast<int>(a_nan);
  if (a.type() == Type::Decimal128) return compare_decimal(a.as_decimal(), b);
  if (b.type() == Type::Decimal128) return -compare_decimal(b.as_decimal(), a);
  if (is_integer(a)) return compare_integer_double(integer(a), b.as_double());
  if (is_integer(b)) return -compare_integer_double(integer(b), a.as_double());
  return three_way(a.as_double(), b.as_double());
}

int compare_texts(std::string_view a, std::string_view b, const StringOrder* order) {
  return order != nullptr ? sign(order->compare(a, b)) : compare_bytes(a, b);
}

int compare_binaries(BinaryView a, BinaryView b) {
  if (const int by_size = three_way(a.bytes.size(), b.bytes.size()); by_size != 0) return by_size;
  if (const int by_type = three_way(a.subtype, b.subtype); by_type != 0) return by_type;
  return compare_bytes(a.bytes, b.bytes);
}

int compare_regexes(RegexView a, RegexView b) {
  const int by_pattern = compare_bytes(a.pattern, b.pattern);
  return by_pattern != 0 ? by_pattern : compare_bytes(a.options, b.options);
}

int compare_pointers(DbPointerView a, DbPointerView b) {
  if (const int by_size = three_way(a.ns.size(), b.ns.size()); by_size != 0) return by_size;
  const int by_ns = compare_bytes(a.ns, b.ns);
  return by_ns != 0 ? by_ns : compare_bytes(a.object_id, b.object_id);
}

int compare_arrays(View a, View b, const StringOrder* order) {
  auto left = a.begin();
  auto right = b.begin();
  for (; left != a.end() && right != b.end(); ++left, ++right) {
    if (const int by_value = compare(*left, *right, order); by_value != 0) return by_value;
  }
  return static_cast<int>(left != a.end()) - static_cast<int>(right != b.end());
}

std::size_t mix(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9E3779B97F4A7C15ULL + (seed << 6) + (seed >> 2));
}

std::size_t hash_bytes(std::string_view bytes) {
  return std::hash<std::string_view>{}(bytes);
}

// The number as int64 when it is one exactly.
std::optional<std::int64_t> exact_integer(ValueView value) {
  if (is_integer(value)) return integer(value);
  if (value.type() == Type::Double) {
    const double number = value.as_double();
    if (!(number >= -0x1p63 && number < 0x1p63) || std::trunc(number) != number)
      return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  const auto whole = decimal::to_int64(value.as_decimal());
  if (!whole || decimal::compare(value.as_decimal(), decimal::from_int64(*whole)) != 0)
    return std::nullopt;
  return whole;
}

// Integers by value; all else by the nearest double, which equal values share.
std::size_t hash_number(ValueView value) {
  if (is_nan(value)) return 0x7FF8;
  if (const auto whole = exact_integer(value))
    return std::hash<std::int64_t>{}(*whole) * 0x9E3779B97F4A7C15ULL;
  return std::hash<double>{}(value.number_as_double());
}

}  // namespace

int compare(View a, View b, const StringOrder* order) {
  auto left = a.begin();
  auto right = b.begin();
  for (; left != a.end() && right != b.end(); ++left, ++right) {
    const int by_rank = three_way(canonical_rank(left->type()), canonical_rank(right->type()));
    if (by_rank != 0) return by_rank;
    if (const int by_name = compare_bytes(left->name(), right->name()); by_name != 0)
      return by_name;
    if (const int by_value = compare(*left, *right, order); by_value != 0) return by_value;
  }
  return static_cast<int>(left != a.end()) - static_cast<int>(right != b.end());
}

int compare(ValueView a, ValueView b, const StringOrder* order) {
  const int by_rank = three_way(canonical_rank(a.type()), canonical_rank(b.type()));
  if (by_rank != 0) return by_rank;
  switch (a.type()) {
    case Type::Missing:
    case Type::Undefined:
    case Type::Null:
    case Type::MinKey:
    case Type::MaxKey:
      return 0;
    case Type::Double:
    case Type::Int32:
    case Type::Int64:
    case Type::Decimal128:
      return compare_numbers(a, b);
    case Type::String:
    case Type::Symbol:
      return compare_texts(a.as_string(), b.as_string(), order);
    case Type::Document:
      return compare(a.as_document(), b.as_document(), order);
    case Type::Array:
      return compare_arrays(a.as_document(), b.as_document(), order);
    case Type::Binary:
      return compare_binaries(a.as_binary(), b.as_binary());
    case Type::ObjectId:
      return compare_bytes(a.as_object_id(), b.as_object_id());
    case Type::Bool:
      return three_way(a.as_bool(), b.as_bool());
    case Type::Date:
      return three_way(a.as_date_ms(), b.as_date_ms());
    case Type::Timestamp:
      return three_way(a.as_timestamp().value(), b.as_timestamp().value());
    case Type::Regex:
      return compare_regexes(a.as_regex(), b.as_regex());
    case Type::DbPointer:
      return compare_pointers(a.as_db_pointer(), b.as_db_pointer());
    case Type::JavaScript:
      return compare_bytes(a.as_string(), b.as_string());
    case Type::JavaScriptWithScope: {
      const CodeWithScopeView left = a.as_code_with_scope();
      const CodeWithScopeView right = b.as_code_with_scope();
      const int by_code = compare_bytes(left.code, right.code);
      return by_code != 0 ? by_code : compare(left.scope, right.scope, order);
    }
  }
  return 0;
}

std::size_t hash(ValueView value, const StringOrder* order) {
  const auto rank = static_cast<std::size_t>(canonical_rank(value.type()) + 1);
  switch (value.type()) {
    case Type::Missing:
    case Type::Undefined:
    case Type::Null:
    case Type::MinKey:
    case Type::MaxKey:
      return rank;
    case Type::Double:
    case Type::Int32:
    case Type::Int64:
    case Type::Decimal128:
      return mix(rank, hash_number(value));
    case Type::String:
    case Type::Symbol:
      return mix(rank,
                 hash_bytes(order != nullptr ? std::string_view(order->sort_key(value.as_string()))
                                             : value.as_string()));
    case Type::Document:
    case Type::Array: {
      std::size_t sum = rank;
      for (const Element& element : value.as_document()) {
        if (value.type() == Type::Document) sum = mix(sum, hash_bytes(element.name()));
        sum = mix(sum, hash(element, order));
      }
      return sum;
    }
    case Type::JavaScriptWithScope: {
      const CodeWithScopeView code = value.as_code_with_scope();
      return mix(mix(rank, hash_bytes(code.code)), hash(ValueView::document(code.scope), order));
    }
    default:
      return mix(rank, hash_bytes(value.raw()));
  }
}

bool identical(ValueView a, ValueView b) {
  return a.type() == b.type() && a.raw() == b.raw();
}

}  // namespace freshet::bson
