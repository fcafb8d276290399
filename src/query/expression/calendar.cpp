// SPDX-License-Identifier: Apache-2.0
// Calendar arithmetic: days from year, month and day and back, counting from 1 March so that leap
// days come last.
#include "query/expression/calendar.h"

#include <limits>

namespace freshet::query {
namespace {

constexpr std::int64_t kDaysPerEra = 146097;  // 400 years
constexpr std::int64_t kEpochShift = 719468;  // days from 0000-03-01 to 1970-01-01

}  // namespace

std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (!__builtin_add_overflow(a, b, &out)) return out;
  return b > 0 ? std::numeric_limits<std::int64_t>::max()
               : std::numeric_limits<std::int64_t>::min();
}

std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t month_from_march = (month + 9) % 12;
  const std::int64_t day_of_march_year = (153 * month_from_march + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_march_year;
  return era * kDaysPerEra + day_of_era - kEpochShift;
}

LocalTime local_time(std::int64_t ms) {
  const std::int64_t days = floor_div(ms, kMsPerDay);
  const std::int64_t of_day = ms - days * kMsPerDay;
  const std::int64_t shifted = days + kEpochShift;
  const std::int64_t era = floor_div(shifted, kDaysPerEra);
  const std::int64_t day_of_era = shifted - era * kDaysPerEra;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_march_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * day_of_march_year + 2) / 153;
  LocalTime out;
  out.day = static_cast<int>(day_of_march_year - (153 * march_month + 2) / 5 + 1);
  out.month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  out.year = year_of_era + era * 400 + (out.month <= 2 ? 1 : 0);
  out.hour = static_cast<int>(of_day / kMsPerHour);
  out.minute = static_cast<int>(of_day / kMsPerMinute % 60);
  out.second = static_cast<int>(of_day / kMsPerSecond % 60);
  out.millisecond = static_cast<int>(of_day % kMsPerSecond);
  return out;
}

bool ms_from_parts(const WideTime& parts, std::int64_t& out) {
  constexpr std::int64_t kLimit = std::int64_t{1}
                                  << 40;  // no part of a representable date is larger, but ms
  for (const std::int64_t part :
       {parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second}) {
    if (part > kLimit || part < -kLimit) return false;
  }
  const std::int64_t months = parts.month - 1;
  const std::int64_t year = parts.year + floor_div(months, 12);
  const int month = static_cast<int>(floor_mod(months, 12)) + 1;
  std::int64_t ms = 0;
  bool bad =
      __builtin_mul_overflow(days_from_civil(year, month, 1) + parts.day - 1, kMsPerDay, &ms);
  std::int64_t step = 0;
  bad = bad || __builtin_mul_overflow(parts.hour, kMsPerHour, &step) ||
        __builtin_add_overflow(ms, step, &ms);
  bad = bad || __builtin_mul_overflow(parts.minute, kMsPerMinute, &step) ||
        __builtin_add_overflow(ms, step, &ms);
  bad = bad || __builtin_mul_overflow(parts.second, kMsPerSecond, &step) ||
        __builtin_add_overflow(ms, step, &ms);
  bad = bad || __builtin_add_overflow(ms, parts.millisecond, &ms);
  out = ms;
  return !bad;
}

bool is_leap_year(std::int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_in_month(std::int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : kDays[month - 1];
}

int day_of_week(std::int64_t ms) {
  return static_cast<int>(floor_mod(floor_div(ms, kMsPerDay) + 4, 7)) + 1;
}

int iso_day_of_week(std::int64_t ms) {
  return static_cast<int>(floor_mod(floor_div(ms, kMsPerDay) + 3, 7)) + 1;
}

int day_of_year(std::int64_t ms) {
  return static_cast<int>(floor_div(ms, kMsPerDay) - days_from_civil(local_time(ms).year, 1, 1)) +
         1;
}

int week_of_year(std::int64_t ms) {
  return (day_of_year(ms) - 1 + 7 - (day_of_week(ms) - 1)) / 7;
}

std::int64_t iso_year_start(std::int64_t iso_year) {
  const std::int64_t fourth = days_from_civil(iso_year, 1, 4);  // always in week 1
  return fourth - floor_mod(fourth + 3, 7);
}

IsoWeek iso_week(std::int64_t ms) {
  const std::int64_t days = floor_div(ms, kMsPerDay);
  IsoWeek out;
  out.year = local_time(ms).year + 1;
  while (iso_year_start(out.year) > days)
    --out.year;
  out.week = static_cast<int>((days - iso_year_start(out.year)) / 7) + 1;
  out.day = iso_day_of_week(ms);
  return out;
}

}  // namespace freshet::query
