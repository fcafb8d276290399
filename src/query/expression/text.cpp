// SPDX-License-Identifier: Apache-2.0
// Values as text.
#include "query/expression/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "bson/decimal.h"
#include "query/expression/calendar.h"

namespace freshet::query {

using bson::Type;

namespace {
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
}  // namespace

std::string double_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char buffer[40];
  const int length = std::snprintf(buffer, sizeof buffer, "%.16g", value);
  return {buffer, static_cast<std::size_t>(length)};
}

std::string date_text(std::int64_t ms) {
  const LocalTime time = local_time(ms);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", time.year, time.month, time.day,
                     time.hour, time.minute, time.second, time.millisecond);
}

std::string coerce_to_string(bson::ValueView value) {
  switch (value.type()) {
    case Type::Missing:
    case Type::Null:
    case Type::Undefined:
      return {};
    case Type::String:
    case Type::Symbol:
    case Type::JavaScript:
      return std::string(value.as_string());
    case Type::Int32:
    case Type::Int64:
      return std::to_string(value.number_as_int64());
    case Type::Double:
      return double_text(value.as_double());
    case Type::Decimal128:
      return bson::decimal::to_string(value.as_decimal());
    case Type::Date:
      return date_text(value.as_date_ms());
    case Type::Timestamp: {
      const auto timestamp = value.as_timestamp();
      const LocalTime time = local_time(std::int64_t{timestamp.seconds} * kMsPerSecond);
      return fmt::format("{} {:2} {:02}:{:02}:{:02}:{}", kMonths[time.month - 1], time.day,
                         time.hour, time.minute, time.second, timestamp.increment);
    }
    default:
      raise(location(16007), "can't convert from BSON type {} to String",
            bson::type_alias(value.type()));
  }
}

std::size_t utf8_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF0U) return 4;
  if (byte >= 0xE0U) return 3;
  return byte >= 0xC0U ? 2 : 1;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !is_utf8_continuation(c); }));
}

}  // namespace freshet::query
