// SPDX-License-Identifier: Apache-2.0
// The proleptic Gregorian calendar over 64-bit milliseconds, and time zones. Pure arithmetic, but
// for the zones that ICU knows.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace freshet::query {

inline constexpr std::int64_t kMsPerSecond = 1000;
inline constexpr std::int64_t kMsPerMinute = 60 * kMsPerSecond;
inline constexpr std::int64_t kMsPerHour = 60 * kMsPerMinute;
inline constexpr std::int64_t kMsPerDay = 24 * kMsPerHour;

/// A point in time taken apart. Months and days count from 1.
struct LocalTime {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
};

/// A week date of ISO 8601; days 1 (Monday) to 7.
struct IsoWeek {
  std::int64_t year = 1970;
  int week = 1;
  int day = 1;
};

/// floor(a / b); requires b > 0.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  return a - floor_div(a, b) * b;
}

/// The sum, or the nearest value there is: clocks at the ends of time stand still.
std::int64_t saturating_add(std::int64_t a, std::int64_t b);
/// Days since 1970-01-01.
std::int64_t days_from_civil(std::int64_t year, int month, int day);
LocalTime local_time(std::int64_t ms);
/// Parts outside their ranges carry over: month 13 is January of the next year. False when it does
/// not fit.
struct WideTime {
  std::int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0;
};
bool ms_from_parts(const WideTime& parts, std::int64_t& out);
bool is_leap_year(std::int64_t year);
int days_in_month(std::int64_t year, int month);
/// 1 (Sunday) to 7.
int day_of_week(std::int64_t ms);
/// 1 (Monday) to 7.
int iso_day_of_week(std::int64_t ms);
int day_of_year(std::int64_t ms);
/// 0 to 53, weeks begin on Sunday.
int week_of_year(std::int64_t ms);
IsoWeek iso_week(std::int64_t ms);
/// Days since 1970-01-01 of the Monday of week 1.
std::int64_t iso_year_start(std::int64_t iso_year);

/// UTC, a fixed offset or a named zone. Immutable, thread-safe; copies share the zone's tables.
class TimeZone {
 public:
  TimeZone() = default;  ///< UTC
  /// "+05:30", "-0330", "+03", "America/New_York"; throws Location40485 for anything else.
  static TimeZone parse(std::string_view text);
  /// False when `text` is no zone.
  static bool try_parse(std::string_view text, TimeZone& out);

  /// What to add to UTC at that moment.
  std::int64_t offset_ms(std::int64_t utc_ms) const;
  /// UTC of a wall-clock reading (as if it were UTC). In a gap the clock has already moved on; of
  /// two it takes the first.
  std::int64_t to_utc(std::int64_t local_ms) const;
  std::int64_t to_local(std::int64_t utc_ms) const {
    return saturating_add(utc_ms, offset_ms(utc_ms));
  }
  bool is_utc() const { return fixed_ms_ == 0 && rules_ == nullptr; }

 private:
  struct Rules;
  std::int64_t fixed_ms_ = 0;
  std::shared_ptr<const Rules> rules_;  // shared by copies, never changed
};

}  // namespace freshet::query
