// SPDX-License-Identifier: Apache-2.0
// Operands that all date operators have.
#include "query/expression/date_operand.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace freshet::query {
namespace {

struct UnitName {
  std::string_view name;
  DateUnit unit;
};
constexpr UnitName kUnits[] = {{"year", DateUnit::Year},
                               {"quarter", DateUnit::Quarter},
                               {"month", DateUnit::Month},
                               {"week", DateUnit::Week},
                               {"day", DateUnit::Day},
                               {"hour", DateUnit::Hour},
                               {"minute", DateUnit::Minute},
                               {"second", DateUnit::Second},
                               {"millisecond", DateUnit::Millisecond}};

constexpr std::string_view kDayNames[] = {"monday", "tuesday",  "wednesday", "thursday",
                                          "friday", "saturday", "sunday"};

[[noreturn]] void out_of_range() {
  raise(ErrorCode::Overflow, "the resulting date is out of range");
}

std::int64_t checked_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out)) out_of_range();
  return out;
}

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (__builtin_add_overflow(a, b, &out)) out_of_range();
  return out;
}

/// Months on the wall clock; the day is cut to the month's length.
std::int64_t plus_months(std::int64_t ms, std::int64_t months, const TimeZone& zone) {
  const LocalTime from = local_time(zone.to_local(ms));
  const std::int64_t index = checked_add(from.year * 12 + from.month - 1, months);
  const std::int64_t year = floor_div(index, 12);
  const int month = static_cast<int>(floor_mod(index, 12)) + 1;
  const WideTime parts{year,
                       month,
                       std::min(from.day, days_in_month(year, month)),
                       from.hour,
                       from.minute,
                       from.second,
                       from.millisecond};
  std::int64_t local = 0;
  if (!ms_from_parts(parts, local)) out_of_range();
  return zone.to_utc(local);
}

}  // namespace

PreparedPtr prepare_zone(const OperandList& operands, std::size_t index) {
  if (index >= operands.size() || operands[index] == nullptr) return nullptr;
  const KnownValue known = known_value(operands[index]);
  if (!known.known || !known.value.view().is_string()) return nullptr;
  auto prepared = std::make_unique<PreparedZone>();
  TimeZone zone;
  if (TimeZone::try_parse(known.value.view().as_string(), zone)) prepared->zone = zone;
  return prepared;
}

std::optional<TimeZone> zone_operand(const Operands& in, std::size_t index, int type_code) {
  if (!in.has(index)) return TimeZone();
  const auto* prepared = in.prepared<PreparedZone>();
  if (prepared != nullptr && prepared->zone) return prepared->zone;
  const Value value = in[index];
  if (value.nullish()) return std::nullopt;
  if (!value.view().is_string()) {
    raise(location(type_code), "{} requires a string for the timezone argument, but was given a {}",
          in.name(), bson::type_alias(value.type()));
  }
  return TimeZone::parse(value.view().as_string());
}

std::int64_t date_operand(ValueView value, int code) {
  switch (value.type()) {
    case Type::Date:
      return value.as_date_ms();
    case Type::Timestamp:
      return std::int64_t{value.as_timestamp().seconds} * kMsPerSecond;
    case Type::ObjectId: {
      const std::string_view id = value.as_object_id();
      std::uint32_t seconds = 0;
      for (std::size_t i = 0; i < 4; ++i)
        seconds = seconds << 8 | static_cast<unsigned char>(id[i]);
      return std::int64_t{seconds} * kMsPerSecond;
    }
    default:
      raise(location(code), "can't convert from BSON type {} to Date",
            value.missing() ? "missing" : bson::type_alias(value.type()));
  }
}

DateUnit date_unit(ValueView value, std::string_view op) {
  if (!value.is_string()) {
    raise(location(5439013), "{} requires 'unit' to be a string, but got {}", op,
          bson::type_alias(value.type()));
  }
  const auto* found = std::ranges::find(kUnits, value.as_string(), &UnitName::name);
  if (found == std::end(kUnits))
    raise(ErrorCode::FailedToParse, "{}: unknown time unit value: {}", op, value.as_string());
  return found->unit;
}

int start_of_week(ValueView value, std::string_view op) {
  if (!value.is_string()) {
    raise(location(5439015), "{} requires 'startOfWeek' to be a string, but got {}", op,
          bson::type_alias(value.type()));
  }
  std::string day(value.as_string());
  std::ranges::transform(day, day.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  for (std::size_t i = 0; i < std::size(kDayNames); ++i) {
    if (day == kDayNames[i] || day == kDayNames[i].substr(0, 3)) return static_cast<int>(i) + 1;
  }
  raise(ErrorCode::FailedToParse, "{}: unknown day of week value: {}", op, value.as_string());
}

std::int64_t date_plus_units(std::int64_t ms, DateUnit unit, std::int64_t amount,
                             const TimeZone& zone) {
  switch (unit) {
    case DateUnit::Year:
      return plus_months(ms, checked_multiply(amount, 12), zone);
    case DateUnit::Quarter:
      return plus_months(ms, checked_multiply(amount, 3), zone);
    case DateUnit::Month:
      return plus_months(ms, amount, zone);
    case DateUnit::Week:
      return zone.to_utc(checked_add(zone.to_local(ms), checked_multiply(amount, 7 * kMsPerDay)));
    case DateUnit::Day:
      return zone.to_utc(checked_add(zone.to_local(ms), checked_multiply(amount, kMsPerDay)));
    case DateUnit::Hour:
      return checked_add(ms, checked_multiply(amount, kMsPerHour));
    case DateUnit::Minute:
      return checked_add(ms, checked_multiply(amount, kMsPerMinute));
    case DateUnit::Second:
      return checked_add(ms, checked_multiply(amount, kMsPerSecond));
    case DateUnit::Millisecond:
      return checked_add(ms, amount);
  }
  return ms;
}

}  // namespace freshet::query
