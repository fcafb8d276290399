// SPDX-License-Identifier: Apache-2.0
// $dateAdd $dateSubtract $dateDiff $dateTrunc; $tsSecond $tsIncrement.
#include <limits>

#include "base/error.h"
#include "query/expression/date_operand.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

std::string_view alias(const Value& value) {
  return value.missing() ? std::string_view("missing") : bson::type_alias(value.type());
}

/// How many unit boundaries lie between two wall-clock readings.
std::int64_t boundaries(std::int64_t from, std::int64_t to, DateUnit unit, int week_start) {
  const LocalTime a = local_time(from);
  const LocalTime b = local_time(to);
  switch (unit) {
    case DateUnit::Year:
      return b.year - a.year;
    case DateUnit::Quarter:
      return (b.year - a.year) * 4 + ((b.month - 1) / 3 - (a.month - 1) / 3);
    case DateUnit::Month:
      return (b.year - a.year) * 12 + (b.month - a.month);
    case DateUnit::Week: {
      // 1970-01-01 was a Thursday, day 4 of a week that begins on Monday.
      const auto week = [&](std::int64_t ms) {
        return floor_div(floor_div(ms, kMsPerDay) + 4 - week_start, 7);
      };
      return week(to) - week(from);
    }
    case DateUnit::Day:
      return floor_div(to, kMsPerDay) - floor_div(from, kMsPerDay);
    case DateUnit::Hour:
      return floor_div(to, kMsPerHour) - floor_div(from, kMsPerHour);
    case DateUnit::Minute:
      return floor_div(to, kMsPerMinute) - floor_div(from, kMsPerMinute);
    case DateUnit::Second:
      return floor_div(to, kMsPerSecond) - floor_div(from, kMsPerSecond);
    case DateUnit::Millisecond:
      return to - from;
  }
  return 0;
}

std::int64_t unit_ms(DateUnit unit) {
  switch (unit) {
    case DateUnit::Week:
      return 7 * kMsPerDay;
    case DateUnit::Day:
      return kMsPerDay;
    case DateUnit::Hour:
      return kMsPerHour;
    case DateUnit::Minute:
      return kMsPerMinute;
    case DateUnit::Second:
      return kMsPerSecond;
    default:
      return 1;
  }
}

/// Bins count from 2000-01-01 (weeks from the first week start on or after it).
std::int64_t truncate(std::int64_t ms, DateUnit unit, std::int64_t bin, int week_start,
                      const TimeZone& zone) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 62;  // keeps the differences below in range
  if (ms < -kLimit || ms > kLimit)
    raise(ErrorCode::Overflow, "the date is out of the range of $dateTrunc");
  const std::int64_t reference_days = days_from_civil(2000, 1, 1);
  const std::int64_t local = zone.to_local(ms);
  if (unit == DateUnit::Year || unit == DateUnit::Quarter || unit == DateUnit::Month) {
    const std::int64_t months_per_unit = unit == DateUnit::Year      ? 12
                                         : unit == DateUnit::Quarter ? 3
                                                                     : 1;
    std::int64_t size = 0;
    if (__builtin_mul_overflow(bin, months_per_unit, &size)) {
      raise(location(5439018), "the binSize of $dateTrunc is too large");
    }
    const LocalTime time = local_time(local);
    const std::int64_t months = (time.year - 2000) * 12 + time.month - 1;
    const std::int64_t start = floor_div(months, size) * size;
    const WideTime parts{2000 + floor_div(start, 12), floor_mod(start, 12) + 1, 1, 0, 0, 0, 0};
    std::int64_t out = 0;
    if (!ms_from_parts(parts, out))
      raise(ErrorCode::Overflow, "the truncated date is out of range");
    return zone.to_utc(out);
  }
  std::int64_t size = 0;
  if (__builtin_mul_overflow(bin, unit_ms(unit), &size)) {
    raise(location(5439018), "the binSize of $dateTrunc is too large");
  }
  std::int64_t reference = reference_days * kMsPerDay;
  if (unit == DateUnit::Week) {
    const std::int64_t weekday = iso_day_of_week(reference);
    reference += floor_mod(week_start - weekday, 7) * kMsPerDay;
  }
  if (unit == DateUnit::Week || unit == DateUnit::Day) {
    return zone.to_utc(reference + floor_div(local - reference, size) * size);
  }
  const std::int64_t utc_reference = zone.to_utc(reference);
  return utc_reference + floor_div(ms - utc_reference, size) * size;
}

}  // namespace

PreparedPtr prepare_date_add(const OperandList& operands) {
  return prepare_zone(operands, 3);
}

Value eval_date_add(const Operands& in) {
  const Value date = in[0];
  const Value unit_value = in[1];
  const Value amount_value = in[2];
  const auto zone = zone_operand(in, 3, 40517);
  if (date.nullish() || unit_value.nullish() || amount_value.nullish() || !zone)
    return Value::null();
  const DateUnit unit = date_unit(unit_value.view(), in.name());
  if (!amount_value.view().is_number() || !is_integral_int64(amount_value)) {
    raise(location(5166405), "{} expects an integer amount, found {}", in.name(),
          alias(amount_value));
  }
  std::int64_t amount = amount_value.view().number_as_int64();
  if (in.name() == "$dateSubtract") {
    if (amount == std::numeric_limits<std::int64_t>::min()) {
      raise(location(6045000), "{}: the amount is out of range", in.name());
    }
    amount = -amount;
  }
  return Value::date(date_plus_units(date_operand(date.view(), 5166403), unit, amount, *zone));
}

PreparedPtr prepare_date_diff(const OperandList& operands) {
  return prepare_zone(operands, 3);
}

Value eval_date_diff(const Operands& in) {
  const Value start = in[0];
  const Value end = in[1];
  const Value unit_value = in[2];
  const auto zone = zone_operand(in, 3, 40517);
  if (start.nullish() || end.nullish() || unit_value.nullish() || !zone) return Value::null();
  const DateUnit unit = date_unit(unit_value.view(), in.name());
  int week_start = 7;
  if (in.has(4) && unit == DateUnit::Week) {
    const Value day = in[4];
    if (day.nullish()) return Value::null();
    week_start = start_of_week(day.view(), in.name());
  }
  const std::int64_t from = date_operand(start.view(), 5166307);
  const std::int64_t to = date_operand(end.view(), 5166307);
  const bool by_clock = unit == DateUnit::Second || unit == DateUnit::Millisecond;
  if (by_clock) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(to, from, &difference))
      raise(ErrorCode::Overflow, "$dateDiff overflowed");
    return Value::int64(unit == DateUnit::Second ? boundaries(from, to, unit, 1) : difference);
  }
  if (unit == DateUnit::Hour || unit == DateUnit::Minute) {
    // Elapsed time counts, not the clock's jumps; boundaries are those of the zone's offset at the
    // start.
    const std::int64_t shift = zone->offset_ms(from);
    return Value::int64(boundaries(from + shift, to + shift, unit, week_start));
  }
  return Value::int64(boundaries(zone->to_local(from), zone->to_local(to), unit, week_start));
}

PreparedPtr prepare_date_trunc(const OperandList& operands) {
  return prepare_zone(operands, 3);
}

Value eval_date_trunc(const Operands& in) {
  const Value date = in[0];
  const Value unit_value = in[1];
  const auto zone = zone_operand(in, 3, 40517);
  if (unit_value.nullish() || !zone) return Value::null();
  const DateUnit unit = date_unit(unit_value.view(), in.name());
  std::int64_t bin = 1;
  if (in.has(2)) {
    const Value size = in[2];
    if (size.nullish()) return Value::null();
    if (!size.view().is_number() || !is_integral_int64(size)) {
      raise(location(5439017), "$dateTrunc requires 'binSize' to be a 64-bit integer, found {}",
            alias(size));
    }
    bin = size.view().number_as_int64();
    if (bin <= 0)
      raise(location(5439018), "$dateTrunc requires 'binSize' to be greater than 0, but got {}",
            bin);
  }
  int week_start = 7;
  if (in.has(4) && unit == DateUnit::Week) {
    const Value day = in[4];
    if (day.nullish()) return Value::null();
    week_start = start_of_week(day.view(), in.name());
  }
  if (date.nullish()) return Value::null();
  return Value::date(truncate(date_operand(date.view(), 5439012), unit, bin, week_start, *zone));
}

Value eval_ts_second(const Operands& in) {
  const Value value = in[0];
  if (value.nullish()) return Value::null();
  if (value.type() != Type::Timestamp) {
    raise(location(5687301), "Argument to $tsSecond must be a timestamp, but is {}", alias(value));
  }
  return Value::int64(value.view().as_timestamp().seconds);
}

Value eval_ts_increment(const Operands& in) {
  const Value value = in[0];
  if (value.nullish()) return Value::null();
  if (value.type() != Type::Timestamp) {
    raise(location(5687302), "Argument to $tsIncrement must be a timestamp, but is {}",
          alias(value));
  }
  return Value::int64(value.view().as_timestamp().increment);
}

}  // namespace freshet::query
