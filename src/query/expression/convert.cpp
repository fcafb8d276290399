// SPDX-License-Identifier: Apache-2.0
// $convert, $toInt & co., $type, $isNumber.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "query/expression/binary_text.h"
#include "query/expression/date_operand.h"
#include "query/expression/date_parse.h"
#include "query/expression/families.h"
#include "query/expression/number.h"
#include "query/expression/text.h"

namespace freshet::query {
namespace {

namespace decimal = bson::decimal;

struct TypeName {
  std::string_view name;
  Type type;
};
/// What `to` may name; also by number.
constexpr TypeName kTypeNames[] = {{"double", Type::Double},
                                   {"string", Type::String},
                                   {"object", Type::Document},
                                   {"array", Type::Array},
                                   {"binData", Type::Binary},
                                   {"undefined", Type::Undefined},
                                   {"objectId", Type::ObjectId},
                                   {"bool", Type::Bool},
                                   {"date", Type::Date},
                                   {"null", Type::Null},
                                   {"regex", Type::Regex},
                                   {"dbPointer", Type::DbPointer},
                                   {"javascript", Type::JavaScript},
                                   {"symbol", Type::Symbol},
                                   {"javascriptWithScope", Type::JavaScriptWithScope},
                                   {"int", Type::Int32},
                                   {"timestamp", Type::Timestamp},
                                   {"long", Type::Int64},
                                   {"decimal", Type::Decimal128},
                                   {"minKey", Type::MinKey},
                                   {"maxKey", Type::MaxKey},
                                   {"missing", Type::Missing}};

/// The outcome of a conversion: a value, or why not.
struct Outcome {
  Value value;
  std::string failure;
};

Outcome done(Value value) {
  return {std::move(value), {}};
}
Outcome failed(std::string why) {
  return {Value(), std::move(why)};
}

std::string_view alias(ValueView value) {
  return value.missing() ? std::string_view("missing") : bson::type_alias(value.type());
}

Outcome unsupported(ValueView input, Type to) {
  const std::string_view name = to == Type::Missing ? "missing" : bson::type_alias(to);
  return failed(
      fmt::format("Unsupported conversion from {} to {} in $convert", alias(input), name));
}

Outcome overflow(ValueView input) {
  return failed(
      fmt::format("Conversion would overflow target type in $convert from {}", alias(input)));
}

Outcome bad_text(std::string_view text, std::string_view to) {
  return failed(fmt::format("Failed to parse {} '{}' in $convert", to, text));
}

/// Text of decimal digits with an optional sign, all of it.
template <typename Integer>
bool parse_integer(std::string_view text, Integer& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.front() == '+') return false;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

bool parse_double(std::string_view text, double& out) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() && !text.empty();
}

bool parse_decimal(std::string_view text, bson::Decimal128& out) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  const auto parsed = decimal::from_string(text);
  if (!parsed) return false;
  const bool named =
      std::ranges::any_of(text, [](char c) { return c == 'n' || c == 'N'; });  // NaN, Infinity
  if (!named && (decimal::is_infinite(*parsed) || decimal::is_nan(*parsed))) return false;
  out = *parsed;
  return true;
}

/// Any number cut to an integer; false when it is not finite or too large for a long.
bool to_whole(ValueView number, std::int64_t& out) {
  if (number.type() == Type::Double) {
    const double d = number.as_double();
    if (!(d >= -0x1p63 && d < 0x1p63)) return false;
    out = static_cast<std::int64_t>(d);
    return true;
  }
  if (number.type() == Type::Decimal128) {
    const auto whole = decimal::to_int64(number.as_decimal());
    if (whole) out = *whole;
    return whole.has_value();
  }
  out = number.number_as_int64();
  return true;
}

Outcome to_int(ValueView in) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  if (in.type() == Type::Bool) return done(Value::int32(in.as_bool() ? 1 : 0));
  if (in.is_number()) {
    std::int64_t whole = 0;
    if (!to_whole(in, whole) || whole < kMin || whole > kMax) return overflow(in);
    return done(Value::int32(static_cast<std::int32_t>(whole)));
  }
  if (in.is_string()) {
    std::int32_t number = 0;
    if (!parse_integer(in.as_string(), number)) return bad_text(in.as_string(), "number");
    return done(Value::int32(number));
  }
  return unsupported(in, Type::Int32);
}

Outcome to_long(ValueView in) {
  if (in.type() == Type::Bool) return done(Value::int64(in.as_bool() ? 1 : 0));
  if (in.type() == Type::Date) return done(Value::int64(in.as_date_ms()));
  if (in.is_number()) {
    std::int64_t whole = 0;
    if (!to_whole(in, whole)) return overflow(in);
    return done(Value::int64(whole));
  }
  if (in.is_string()) {
    std::int64_t number = 0;
    if (!parse_integer(in.as_string(), number)) return bad_text(in.as_string(), "number");
    return done(Value::int64(number));
  }
  return unsupported(in, Type::Int64);
}

Outcome to_double(ValueView in) {
  if (in.type() == Type::Bool) return done(Value::number(in.as_bool() ? 1 : 0));
  if (in.type() == Type::Date) return done(Value::number(static_cast<double>(in.as_date_ms())));
  if (in.type() == Type::Decimal128) {
    const double number = decimal::to_double(in.as_decimal());
    if (std::isinf(number) && !decimal::is_infinite(in.as_decimal())) return overflow(in);
    return done(Value::number(number));
  }
  if (in.is_number()) return done(Value::number(in.number_as_double()));
  if (in.is_string()) {
    double number = 0;
    if (!parse_double(in.as_string(), number)) return bad_text(in.as_string(), "number");
    return done(Value::number(number));
  }
  return unsupported(in, Type::Double);
}

Outcome to_decimal(ValueView in) {
  if (in.type() == Type::Bool)
    return done(Value::decimal(decimal::from_int64(in.as_bool() ? 1 : 0)));
  if (in.type() == Type::Date) return done(Value::decimal(decimal::from_int64(in.as_date_ms())));
  if (in.is_number()) return done(Value::decimal(number_as_decimal(in)));
  if (in.is_string()) {
    bson::Decimal128 number;
    if (!parse_decimal(in.as_string(), number)) return bad_text(in.as_string(), "number");
    return done(Value::decimal(number));
  }
  return unsupported(in, Type::Decimal128);
}

Outcome to_date(ValueView in) {
  switch (in.type()) {
    case Type::Date:
    case Type::ObjectId:
    case Type::Timestamp:
      return done(Value::date(date_operand(in, 0)));
    case Type::Int64:
    case Type::Double:
    case Type::Decimal128: {
      std::int64_t whole = 0;
      if (!to_whole(in, whole)) return overflow(in);
      return done(Value::date(whole));
    }
    case Type::String: {
      const auto ms = parse_date(in.as_string(), TimeZone(), false);
      if (!ms) return bad_text(in.as_string(), "date");
      return done(Value::date(*ms));
    }
    default:
      return unsupported(in, Type::Date);
  }
}

Outcome to_object_id(ValueView in) {
  if (in.type() == Type::ObjectId) return done(Value(in));
  if (!in.is_string()) return unsupported(in, Type::ObjectId);
  const auto bytes = hex_decode(in.as_string());
  if (!bytes || bytes->size() != 12) return bad_text(in.as_string(), "objectId");
  return done(Value::object_id(*bytes));
}

Outcome to_string(ValueView in, std::string_view format) {
  switch (in.type()) {
    case Type::Bool:
      return done(Value::string(in.as_bool() ? "true" : "false"));
    case Type::ObjectId:
      return done(Value::string(hex_encode(in.as_object_id())));
    case Type::String:
    case Type::Int32:
    case Type::Int64:
    case Type::Double:
    case Type::Decimal128:
    case Type::Date:
      return done(Value::string(coerce_to_string(in)));
    case Type::Binary: {
      const auto text = binary_to_text(in.as_binary(), format);
      if (!text)
        return failed(fmt::format("cannot write binData as text in the format '{}'", format));
      return done(Value::string(*text));
    }
    default:
      return unsupported(in, Type::String);
  }
}

Outcome to_binary(ValueView in, std::uint8_t subtype, std::string_view format) {
  if (in.type() == Type::Binary) {
    if (in.as_binary().subtype != subtype)
      return failed("Conversions between different binData subtypes are not supported");
    return done(Value(in));
  }
  if (!in.is_string()) return unsupported(in, Type::Binary);
  const auto bytes = text_to_binary(in.as_string(), format);
  if (!bytes) return bad_text(in.as_string(), "binData");
  return done(Value::binary(subtype, *bytes));
}

struct Target {
  Type type = Type::Missing;
  std::uint8_t subtype = 0;
};

Outcome convert(ValueView in, Target target, std::string_view format) {
  switch (target.type) {
    case Type::Int32:
      return to_int(in);
    case Type::Int64:
      return to_long(in);
    case Type::Double:
      return to_double(in);
    case Type::Decimal128:
      return to_decimal(in);
    case Type::String:
      return to_string(in, format);
    case Type::Bool:
      return done(Value::boolean(in.truthy()));
    case Type::Date:
      return to_date(in);
    case Type::ObjectId:
      return to_object_id(in);
    case Type::Binary:
      return to_binary(in, target.subtype, format);
    default:
      return unsupported(in, target.type);
  }
}

Type type_from_name(std::string_view name) {
  const auto* found = std::ranges::find(kTypeNames, name, &TypeName::name);
  if (found == std::end(kTypeNames)) raise(ErrorCode::BadValue, "Unknown type name: {}", name);
  return found->type;
}

Type type_operand(ValueView to) {
  if (to.is_string()) return type_from_name(to.as_string());
  if (!to.is_number() || !is_integral_int32(to)) {
    raise(ErrorCode::FailedToParse,
          "$convert's 'to' argument must be a string or a whole number, but is {}", alias(to));
  }
  const std::int64_t code = to.number_as_int64();
  for (const auto& entry : kTypeNames) {
    const auto byte = static_cast<std::int64_t>(static_cast<std::uint8_t>(entry.type));
    if (code == (entry.type == Type::MinKey ? -1 : byte)) return entry.type;
  }
  raise(ErrorCode::FailedToParse, "In $convert, numeric 'to' argument is not a valid type: {}",
        code);
}

Target target_operand(ValueView to) {
  if (!to.is_document()) return {type_operand(to), 0};
  Target target;
  for (const auto& element : to.as_document()) {
    if (element.name() == "type") {
      target.type = type_operand(element);
    } else if (element.name() == "subtype") {
      if (!element.is_number() || !is_integral_int32(element)) {
        raise(location(4341108), "$convert's 'to.subtype' must be a whole number");
      }
      target.subtype = static_cast<std::uint8_t>(element.number_as_int64());
    } else {
      raise(ErrorCode::FailedToParse, "$convert found an unknown argument in 'to': {}",
            element.name());
    }
  }
  if (target.type == Type::Missing)
    raise(ErrorCode::FailedToParse, "Missing 'type' in $convert's 'to'");
  return target;
}

struct Shorthand {
  std::string_view name;
  Type type;
};
constexpr Shorthand kShorthands[] = {
    {"$toInt", Type::Int32},          {"$toLong", Type::Int64},        {"$toDouble", Type::Double},
    {"$toDecimal", Type::Decimal128}, {"$toString", Type::String},     {"$toBool", Type::Bool},
    {"$toDate", Type::Date},          {"$toObjectId", Type::ObjectId}, {"$toUUID", Type::Binary}};

}  // namespace

// Operands: input, to, onError, onNull, format.
Value eval_convert(const Operands& in) {
  const Value to = in[1];
  const Value input = in[0];
  const bool no_target = to.nullish();
  const Target target = no_target ? Target() : target_operand(to.view());
  if (input.nullish()) return in.has(3) ? in[3] : Value::null();
  if (no_target) return Value::null();
  const Value format_value = in[4];
  const std::string format(format_value.view().is_string() ? format_value.view().as_string()
                                                           : std::string_view());
  Outcome outcome = convert(input.view(), target, format);
  if (outcome.failure.empty()) return outcome.value.owned();
  if (in.has(2)) return in[2];
  raise(ErrorCode::ConversionFailure, "{} with no onError value", outcome.failure);
}

Value eval_to_type(const Operands& in) {
  const Value input = in[0];
  if (input.nullish()) return Value::null();
  const auto* shorthand = std::ranges::find(kShorthands, in.name(), &Shorthand::name);
  const bool uuid = shorthand->type == Type::Binary;
  const std::uint8_t subtype = uuid ? 4 : 0;
  Outcome outcome = convert(input.view(), {shorthand->type, subtype}, uuid ? "uuid" : "auto");
  if (outcome.failure.empty()) return outcome.value.owned();
  raise(ErrorCode::ConversionFailure, "{} with no onError value", outcome.failure);
}

Value eval_type(const Operands& in) {
  const Value value = in[0];
  return Value::string(alias(value.view()));
}

Value eval_is_number(const Operands& in) {
  return Value::boolean(in[0].view().is_number());
}

}  // namespace freshet::query
