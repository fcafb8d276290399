// SPDX-License-Identifier: Apache-2.0
// Dates from text.
#include "query/expression/date_parse.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace freshet::query {
namespace {

constexpr std::string_view kMonths[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};

struct Abbreviation {
  std::string_view name;
  int hours;
};
constexpr Abbreviation kAbbreviations[] = {{"z", 0},    {"utc", 0},  {"gmt", 0},  {"est", -5},
                                           {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7},
                                           {"mdt", -6}, {"pst", -8}, {"pdt", -7}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Reads a text from the left; every step says whether it succeeded and moves on only then.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  char peek(std::size_t offset = 0) const { return offset < rest_.size() ? rest_[offset] : '\0'; }
  bool literal(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void spaces() {
    while (peek() == ' ' || peek() == '\t')
      rest_.remove_prefix(1);
  }
  std::size_t digits_ahead() const {
    const auto end = std::ranges::find_if_not(rest_, is_digit);
    return static_cast<std::size_t>(end - rest_.begin());
  }
  bool number(std::size_t digits_min, std::size_t digits_max, std::int64_t& out) {
    const std::size_t count = std::min(digits_ahead(), digits_max);
    if (count < digits_min) return false;
    out = 0;
    for (std::size_t i = 0; i < count; ++i)
      out = out * 10 + (rest_[i] - '0');
    rest_.remove_prefix(count);
    return true;
  }
  /// The letters ahead, in lower case.
  std::string word() {
    std::string out;
    while (is_letter(peek())) {
      out += lower(peek());
      rest_.remove_prefix(1);
    }
    return out;
  }
  /// A month by its name or the first three letters of it.
  bool month(std::int64_t& out) {
    const auto before = rest_;
    const std::string name = word();
    for (std::size_t i = 0; i < std::size(kMonths); ++i) {
      if (name != kMonths[i] && name != kMonths[i].substr(0, 3)) continue;
      out = static_cast<std::int64_t>(i) + 1;
      literal('.');
      return true;
    }
    rest_ = before;
    return false;
  }
  /// "+hh[[:]mm]", as minutes.
  bool offset(std::int64_t& minutes) {
    const auto before = rest_;
    if (peek() != '+' && peek() != '-') return false;
    const int sign = peek() == '-' ? -1 : 1;
    rest_.remove_prefix(1);
    std::int64_t hours = 0;
    std::int64_t rest = 0;
    if (!number(1, 2, hours)) {
      rest_ = before;
      return false;
    }
    const bool colon = literal(':');
    if ((colon || digits_ahead() >= 2) && !number(2, 2, rest)) {
      rest_ = before;
      return false;
    }
    minutes = sign * (hours * 60 + rest);
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// What has been read of a date.
struct Reading {
  WideTime time;
  bool has_year = false;
  bool has_month = false;
  bool has_day = false;
  bool has_day_of_year = false;
  std::int64_t day_of_year = 0;
  bool iso = false;
  std::int64_t iso_year = 0;
  std::int64_t iso_week = 1;
  std::int64_t iso_day = 1;
  std::optional<std::int64_t> offset_minutes;

  bool in_range() const {
    if (time.month < 1 || time.month > 12 || time.day < 1 || time.hour > 23 || time.minute > 59 ||
        time.second > 59) {
      return false;
    }
    if (iso) return iso_week >= 1 && iso_week <= 53 && iso_day >= 1 && iso_day <= 7;
    if (has_day_of_year)
      return day_of_year >= 1 && day_of_year <= (is_leap_year(time.year) ? 366 : 365);
    return time.day <= days_in_month(time.year, static_cast<int>(time.month));
  }

  std::optional<std::int64_t> finish(const TimeZone& zone, bool zone_given) const {
    if (!in_range() || (offset_minutes && zone_given)) return std::nullopt;
    WideTime parts = time;
    if (iso) {
      parts.year = 1970;
      parts.month = 1;
      parts.day = 1 + iso_year_start(iso_year) + (iso_week - 1) * 7 + (iso_day - 1);
    } else if (has_day_of_year) {
      parts.month = 1;
      parts.day = day_of_year;
    }
    std::int64_t local = 0;
    if (!ms_from_parts(parts, local)) return std::nullopt;
    return offset_minutes ? local - *offset_minutes * kMsPerMinute : zone.to_utc(local);
  }
};

/// ".006123": milliseconds, the rest is dropped.
bool read_fraction(Scanner& in, std::int64_t& ms) {
  if (in.peek() != '.' && in.peek() != ',') return true;
  in.literal(in.peek());
  const std::size_t digits = in.digits_ahead();
  if (digits == 0 || digits > 9) return false;
  std::int64_t value = 0;
  in.number(digits, digits, value);
  for (std::size_t i = digits; i < 3; ++i)
    value *= 10;
  for (std::size_t i = 3; i < digits; ++i)
    value /= 10;
  ms = value;
  return true;
}

/// "hh:mm[:ss[.fff]]" or "hhmm[ss]".
bool read_time(Scanner& in, WideTime& time) {
  if (!in.number(1, 2, time.hour)) return false;
  if (in.literal(':')) {
    if (!in.number(2, 2, time.minute)) return false;
    if (in.literal(':') && !in.number(2, 2, time.second)) return false;
    return read_fraction(in, time.millisecond);
  }
  if (!in.number(2, 2, time.minute)) return false;
  if (in.digits_ahead() >= 2 && !in.number(2, 2, time.second)) return false;
  return read_fraction(in, time.millisecond);
}

/// "Z", "+05:30", "EST"; nothing is fine too.
bool read_zone(Scanner& in, Reading& out) {
  in.spaces();
  if (in.done()) return true;
  std::int64_t minutes = 0;
  if (in.offset(minutes)) {
    out.offset_minutes = minutes;
  } else {
    const std::string name = in.word();
    const auto* found = std::ranges::find(kAbbreviations, name, &Abbreviation::name);
    if (found == std::end(kAbbreviations)) return false;
    out.offset_minutes = found->hours * 60;
  }
  in.spaces();
  return in.done();
}

/// "2020-W27-3" behind the year.
bool read_iso_week(Scanner& in, Reading& out) {
  out.iso = true;
  out.iso_year = out.time.year;
  if (!in.number(2, 2, out.iso_week)) return false;
  in.literal('-');
  if (in.digits_ahead() > 0) return in.number(1, 1, out.iso_day);
  return true;
}

/// Behind the four digits of a year.
bool read_after_year(Scanner& in, Reading& out) {
  WideTime& time = out.time;
  if (in.peek() == 'W') {
    in.literal('W');
    return read_iso_week(in, out);
  }
  const char separator = in.peek();
  if (separator != '-' && separator != '/') {
    return in.digits_ahead() >= 4 && in.number(2, 2, time.month) && in.number(2, 2, time.day);
  }
  in.literal(separator);
  if (in.literal('W')) return read_iso_week(in, out);
  if (!in.number(1, 2, time.month)) return false;
  return in.literal(separator) ? in.number(1, 2, time.day) : true;
}

bool read_date(Scanner& in, Reading& out) {
  WideTime& time = out.time;
  if (in.digits_ahead() >= 4) return in.number(4, 4, time.year) && read_after_year(in, out);
  if (in.digits_ahead() == 0) {  // July 1, 2020
    if (!in.month(time.month)) return false;
    in.spaces();
    if (!in.number(1, 2, time.day)) return false;
    in.literal(',');
    in.spaces();
    return in.number(4, 4, time.year);
  }
  std::int64_t first = 0;
  in.number(1, 2, first);
  if (in.literal('/')) {  // 07/01/2020
    time.month = first;
    return in.number(1, 2, time.day) && in.literal('/') && in.number(4, 4, time.year);
  }
  time.day = first;  // 1 Jul 2020
  in.spaces();
  in.literal('-');
  if (!in.month(time.month)) return false;
  in.spaces();
  in.literal('-');
  return in.number(4, 4, time.year);
}

/// One letter of a format.
bool read_specifier(char letter, Scanner& in, Reading& out) {
  WideTime& time = out.time;
  switch (letter) {
    case 'Y':
      out.has_year = true;
      return in.number(1, 4, time.year);
    case 'm':
      out.has_month = true;
      return in.number(1, 2, time.month);
    case 'b':
    case 'B':
      out.has_month = true;
      return in.month(time.month);
    case 'd':
      out.has_day = true;
      return in.number(1, 2, time.day);
    case 'j':
      out.has_day_of_year = true;
      return in.number(1, 3, out.day_of_year);
    case 'H':
      return in.number(1, 2, time.hour);
    case 'M':
      return in.number(1, 2, time.minute);
    case 'S':
      return in.number(1, 2, time.second);
    case 'L':
      return in.number(1, 3, time.millisecond);
    case 'G':
      out.iso = true;
      return in.number(1, 4, out.iso_year);
    case 'V':
      out.iso = true;
      return in.number(1, 2, out.iso_week);
    case 'u':
      out.iso = true;
      return in.number(1, 1, out.iso_day);
    case 'z': {
      std::int64_t minutes = 0;
      if (in.literal('Z')) {
        out.offset_minutes = 0;
        return true;
      }
      if (!in.offset(minutes)) return false;
      out.offset_minutes = minutes;
      return true;
    }
    case 'Z': {
      const int sign = in.peek() == '-' ? -1 : 1;
      std::int64_t minutes = 0;
      if (!in.literal('+') && !in.literal('-')) return false;
      if (!in.number(1, 4, minutes)) return false;
      out.offset_minutes = sign * minutes;
      return true;
    }
    default:
      return in.literal('%');
  }
}

}  // namespace

void check_date_format(std::string_view format, bool parsing) {
  const std::string_view letters = parsing ? "%YmbBdjHMSLGVuzZ" : "%YmbBdjHMSLGVuUwzZ";
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (++i == format.size()) raise(location(18535), "Unmatched '%' at end of format string");
    if (letters.find(format[i]) == std::string_view::npos) {
      raise(location(18536), "Invalid format character '%{}' in format string", format[i]);
    }
  }
}

std::optional<std::int64_t> parse_date(std::string_view text, const TimeZone& zone,
                                       bool zone_given) {
  Scanner in(text);
  in.spaces();
  if (in.literal('@')) {
    const bool negative = in.literal('-');
    std::int64_t seconds = 0;
    if (zone_given || !in.number(1, 15, seconds) || !in.done()) return std::nullopt;
    return (negative ? -seconds : seconds) * kMsPerSecond;
  }
  Reading out;
  if (!read_date(in, out)) return std::nullopt;
  const bool separated =
      in.peek() == 'T' || in.peek() == 't' || (in.peek() == ' ' && is_digit(in.peek(1)));
  if (separated) {
    in.literal(in.peek());
    if (!read_time(in, out.time)) return std::nullopt;
  }
  if (!read_zone(in, out)) return std::nullopt;
  return out.finish(zone, zone_given);
}

std::optional<std::int64_t> parse_date(std::string_view text, std::string_view format,
                                       const TimeZone& zone, bool zone_given) {
  Scanner in(text);
  Reading out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const bool specifier = format[i] == '%';
    if (specifier ? !read_specifier(format[++i], in, out) : !in.literal(format[i]))
      return std::nullopt;
  }
  const bool natural = out.has_year && (out.has_day_of_year || (out.has_month && out.has_day));
  if (!in.done() || natural == out.iso) return std::nullopt;
  return out.finish(zone, zone_given);
}

}  // namespace freshet::query
