// SPDX-License-Identifier: Apache-2.0
// Time zones: fixed offsets, and names of the Olson database through ICU. The only file here that
// includes ICU.
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/error.h"
#include "query/expression/calendar.h"

namespace freshet::query {
namespace {

/// Names that ICU keeps for Java's sake and the Olson database does not have.
constexpr std::string_view kNotOlson[] = {"ACT", "AET", "AGT", "ART", "AST",        "BET", "BST",
                                          "CAT", "CNT", "CST", "CTT", "EAT",        "ECT", "IET",
                                          "IST", "JST", "MIT", "NET", "NST",        "PLT", "PNT",
                                          "PRT", "PST", "SST", "VST", "Etc/Unknown"};

bool two_digits(std::string_view text, std::int64_t& out) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !digit(text[0]) || !digit(text[1])) return false;
  out = (text[0] - '0') * 10 + (text[1] - '0');
  return true;
}

/// "+hh", "+hhmm", "+hh:mm".
bool parse_offset(std::string_view text, std::int64_t& out) {
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return false;
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (!two_digits(text.substr(1, 2), hours)) return false;
  std::string_view rest = text.substr(3);
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    if (rest.empty()) return false;
  }
  if (!rest.empty() && !two_digits(rest, minutes)) return false;
  out = (hours * 60 + minutes) * kMsPerMinute * (text[0] == '-' ? -1 : 1);
  return true;
}

}  // namespace

struct TimeZone::Rules {
  std::unique_ptr<icu::TimeZone> zone;
};

bool TimeZone::try_parse(std::string_view text, TimeZone& out) {
  out = TimeZone();
  if (parse_offset(text, out.fixed_ms_)) return true;
  if (text == "UTC" || text == "GMT") return true;
  if (text.empty() || std::ranges::find(kNotOlson, text) != std::end(kNotOlson)) return false;
  const auto id = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  icu::UnicodeString canonical;
  UBool is_system = 0;
  UErrorCode status = U_ZERO_ERROR;
  icu::TimeZone::getCanonicalID(id, canonical, is_system, status);
  if (U_FAILURE(status) != 0 || is_system == 0) return false;
  auto rules = std::make_shared<Rules>();
  rules->zone.reset(icu::TimeZone::createTimeZone(id));
  out.rules_ = std::move(rules);
  return true;
}

TimeZone TimeZone::parse(std::string_view text) {
  TimeZone zone;
  if (!try_parse(text, zone))
    raise(location(40485), "unrecognized time zone identifier: '{}'", text);
  return zone;
}

std::int64_t TimeZone::offset_ms(std::int64_t utc_ms) const {
  if (rules_ == nullptr) return fixed_ms_;
  std::int32_t raw = 0;
  std::int32_t daylight = 0;
  UErrorCode status = U_ZERO_ERROR;
  rules_->zone->getOffset(static_cast<UDate>(utc_ms), 0, raw, daylight, status);
  return U_FAILURE(status) != 0 ? 0 : std::int64_t{raw} + daylight;
}

std::int64_t TimeZone::to_utc(std::int64_t local_ms) const {
  if (rules_ == nullptr) return saturating_add(local_ms, -fixed_ms_);
  // The offset in force a day before is the one before a possible change: try it first.
  const std::int64_t before = offset_ms(saturating_add(local_ms, -kMsPerDay));
  const std::int64_t first = saturating_add(local_ms, -before);
  if (offset_ms(first) == before) return first;
  const std::int64_t after = offset_ms(saturating_add(local_ms, kMsPerDay));
  const std::int64_t second = saturating_add(local_ms, -after);
  return offset_ms(second) == after ? second : first;
}

}  // namespace freshet::query
