// SPDX-License-Identifier: Apache-2.0
// $dateToString and $dateFromString.
#include <string>

#include "base/error.h"
#include "query/expression/date_operand.h"
#include "query/expression/date_parse.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

std::string offset_text(std::int64_t minutes, bool as_minutes) {
  if (as_minutes) return std::to_string(minutes);
  const char sign = minutes < 0 ? '-' : '+';
  const std::int64_t size = minutes < 0 ? -minutes : minutes;
  return fmt::format("{}{:02}{:02}", sign, size / 60, size % 60);
}

void append_specifier(std::string& out, char letter, std::int64_t local, const LocalTime& time,
                      std::int64_t offset_minutes) {
  const auto at = std::back_inserter(out);
  switch (letter) {
    case 'Y':
      fmt::format_to(at, "{:04}", time.year);
      break;
    case 'm':
      fmt::format_to(at, "{:02}", time.month);
      break;
    case 'b':
      out += kMonths[time.month - 1].substr(0, 3);
      break;
    case 'B':
      out += kMonths[time.month - 1];
      break;
    case 'd':
      fmt::format_to(at, "{:02}", time.day);
      break;
    case 'j':
      fmt::format_to(at, "{:03}", day_of_year(local));
      break;
    case 'H':
      fmt::format_to(at, "{:02}", time.hour);
      break;
    case 'M':
      fmt::format_to(at, "{:02}", time.minute);
      break;
    case 'S':
      fmt::format_to(at, "{:02}", time.second);
      break;
    case 'L':
      fmt::format_to(at, "{:03}", time.millisecond);
      break;
    case 'G':
      fmt::format_to(at, "{:04}", iso_week(local).year);
      break;
    case 'V':
      fmt::format_to(at, "{:02}", iso_week(local).week);
      break;
    case 'u':
      fmt::format_to(at, "{}", iso_day_of_week(local));
      break;
    case 'w':
      fmt::format_to(at, "{}", day_of_week(local));
      break;
    case 'U':
      fmt::format_to(at, "{:02}", week_of_year(local));
      break;
    case 'z':
      out += offset_text(offset_minutes, false);
      break;
    case 'Z':
      out += offset_text(offset_minutes, true);
      break;
    default:
      out += '%';
  }
}

std::string format_date(std::int64_t ms, std::string_view format, const TimeZone& zone) {
  const std::int64_t local = zone.to_local(ms);
  const LocalTime time = local_time(local);
  if (time.year < 0 || time.year > 9999) {
    raise(location(18537), "$dateToString is only defined on years 0-9999, tried to use year {}",
          time.year);
  }
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    append_specifier(out, format[++i], local, time, zone.offset_ms(ms) / kMsPerMinute);
    check_size(out.size());
  }
  return out;
}

}  // namespace

// Operands: date, format, timezone, onNull.
PreparedPtr prepare_date_to_string(const OperandList& operands) {
  return prepare_zone(operands, 2);
}

Value eval_date_to_string(const Operands& in) {
  std::string format;
  if (in.has(1)) {
    const Value value = in[1];
    if (value.nullish()) return Value::null();
    if (!value.view().is_string()) {
      raise(location(18533), "$dateToString requires that 'format' be a string, found: {}",
            bson::type_alias(value.type()));
    }
    format = value.view().as_string();
    check_date_format(format, false);
  }
  const Value date = in[0];
  const auto zone = zone_operand(in, 2, 40517);
  if (date.nullish()) return in.has(3) ? in[3] : Value::null();
  if (!zone) return Value::null();
  if (!in.has(1)) format = zone->is_utc() ? "%Y-%m-%dT%H:%M:%S.%LZ" : "%Y-%m-%dT%H:%M:%S.%L";
  return Value::string(format_date(date_operand(date.view(), 16006), format, *zone));
}

// Operands: dateString, format, timezone, onNull, onError.
PreparedPtr prepare_date_from_string(const OperandList& operands) {
  return prepare_zone(operands, 2);
}

Value eval_date_from_string(const Operands& in) {
  const Value text = in[0];
  Value format;
  if (in.has(1)) {
    format = in[1];
    if (!format.nullish()) {
      if (!format.view().is_string()) {
        raise(location(40684), "$dateFromString requires that 'format' be a string, found: {}",
              bson::type_alias(format.type()));
      }
      check_date_format(format.view().as_string(), true);
    }
  }
  const auto zone = zone_operand(in, 2, 40517);
  if (text.nullish()) return in.has(3) ? in[3] : Value::null();
  if ((in.has(1) && format.nullish()) || !zone) return Value::null();
  if (!text.view().is_string()) {
    if (in.has(4)) return in[4];
    raise(ErrorCode::ConversionFailure,
          "$dateFromString requires that 'dateString' be a string, found: {}",
          bson::type_alias(text.type()));
  }
  const bool zone_given = in.has(2) && !zone->is_utc();
  const std::string_view string = text.view().as_string();
  const auto ms = in.has(1) ? parse_date(string, format.view().as_string(), *zone, zone_given)
                            : parse_date(string, *zone, zone_given);
  if (ms) return Value::date(*ms);
  if (in.has(4)) return in[4];
  raise(ErrorCode::ConversionFailure, "Error parsing date string '{}'", string);
}

}  // namespace freshet::query
