// SPDX-License-Identifier: Apache-2.0
// Parts of strings by position, in bytes or code points: $substr $substrBytes $substrCP
// $indexOfBytes $indexOfCP.
#include <algorithm>
#include <optional>
#include <string>

#include "base/error.h"
#include "query/expression/families.h"
#include "query/expression/text.h"

namespace freshet::query {
namespace {

std::string_view alias(const Value& value) {
  return value.missing() ? std::string_view("missing") : bson::type_alias(value.type());
}

/// Where the code point with that index begins; the size of `text` when there are fewer.
std::size_t code_point_offset(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0 && at < text.size(); --index)
    at += std::min(utf8_length(text[at]), text.size() - at);
  return at;
}

/// Arguments 2 and 3 of $indexOfBytes and $indexOfCP.
std::optional<std::size_t> position_operand(const Operands& in, std::size_t index) {
  if (!in.has(index)) return std::nullopt;
  const Value value = in[index];
  if (!value.view().is_number() || !is_integral_int32(value)) {
    raise(location(40096), "{} requires an integral {} index, found a value of type: {}", in.name(),
          index == 2 ? "starting" : "ending", alias(value));
  }
  const std::int64_t position = value.view().number_as_int64();
  if (position < 0)
    raise(location(40097), "{} requires a nonnegative index, found: {}", in.name(), position);
  return static_cast<std::size_t>(position);
}

std::int64_t length_operand(const Value& value, std::string_view what, int type_code,
                            int integral_code) {
  if (!value.view().is_number())
    raise(location(type_code), "$substrCP: {} must be a numeric type, found {}", what,
          alias(value));
  if (!is_integral_int32(value))
    raise(location(integral_code), "$substrCP: {} must be a 32-bit integer", what);
  return value.view().number_as_int64();
}

}  // namespace

Value eval_substr_bytes(const Operands& in) {
  const std::string text = coerce_to_string(in[0].view());
  const Value start_value = in[1];
  const Value length_value = in[2];
  const auto plain = [](const Value& value) {
    return value.view().is_number() && value.type() != Type::Decimal128;
  };
  if (!plain(start_value))
    raise(location(16034), "{}: starting index must be a numeric type, found {}", in.name(),
          alias(start_value));
  if (!plain(length_value))
    raise(location(16035), "{}: length must be a numeric type, found {}", in.name(),
          alias(length_value));
  const std::int64_t start = start_value.view().number_as_int64();
  const std::int64_t length = length_value.view().number_as_int64();
  if (start < 0)
    raise(location(50752), "{}: starting index must be non-negative, got {}", in.name(), start);
  const auto from = static_cast<std::size_t>(start);
  if (from >= text.size()) return Value::string("");
  if (is_utf8_continuation(text[from])) {
    raise(location(28656), "{}: Invalid range, starting index is a UTF-8 continuation byte",
          in.name());
  }
  const std::size_t rest = text.size() - from;
  const std::size_t count = length < 0 ? rest : std::min(static_cast<std::size_t>(length), rest);
  if (from + count < text.size() && is_utf8_continuation(text[from + count])) {
    raise(location(28657), "{}: Invalid range, ending index is in the middle of a UTF-8 character",
          in.name());
  }
  return Value::string(std::string_view(text).substr(from, count));
}

Value eval_substr_cp(const Operands& in) {
  const std::string text = coerce_to_string(in[0].view());
  const std::int64_t start = length_operand(in[1], "starting index", 34450, 34451);
  const std::int64_t length = length_operand(in[2], "length", 34452, 34453);
  if (length < 0) raise(location(34454), "$substrCP: length must be a nonnegative integer");
  if (start < 0)
    raise(location(34455), "$substrCP: the starting index must be nonnegative integer");
  const std::string_view rest =
      std::string_view(text).substr(code_point_offset(text, static_cast<std::size_t>(start)));
  return Value::string(rest.substr(0, code_point_offset(rest, static_cast<std::size_t>(length))));
}

Value eval_index_of_bytes(const Operands& in) {
  const Value input = in[0];
  if (input.nullish()) return Value::null();
  if (!input.view().is_string())
    raise(location(40091), "$indexOfBytes requires a string as the first argument, found: {}",
          alias(input));
  const Value token = in[1];
  if (!token.view().is_string())
    raise(location(40092), "$indexOfBytes requires a string as the second argument, found: {}",
          alias(token));
  const std::string_view text = input.view().as_string();
  const std::size_t start = position_operand(in, 2).value_or(0);
  const std::size_t end = std::min(position_operand(in, 3).value_or(text.size()), text.size());
  if (start > text.size() || end < start) return Value::int32(-1);
  const auto found = text.substr(0, end).find(token.view().as_string(), start);
  return Value::int32(found == std::string_view::npos ? -1 : static_cast<std::int32_t>(found));
}

Value eval_index_of_cp(const Operands& in) {
  const Value input = in[0];
  if (input.nullish()) return Value::null();
  if (!input.view().is_string())
    raise(location(40093), "$indexOfCP requires a string as the first argument, found: {}",
          alias(input));
  const Value token = in[1];
  if (!token.view().is_string())
    raise(location(40094), "$indexOfCP requires a string as the second argument, found: {}",
          alias(token));
  const std::string_view text = input.view().as_string();
  const std::size_t size = count_code_points(text);
  const std::size_t start = position_operand(in, 2).value_or(0);
  const std::size_t end = std::min(position_operand(in, 3).value_or(size), size);
  if (start > size || end < start || (start > 0 && start == size)) return Value::int32(-1);
  const auto found = text.substr(0, code_point_offset(text, end))
                         .find(token.view().as_string(), code_point_offset(text, start));
  if (found == std::string_view::npos) return Value::int32(-1);
  return Value::int32(static_cast<std::int32_t>(count_code_points(text.substr(0, found))));
}

}  // namespace freshet::query
