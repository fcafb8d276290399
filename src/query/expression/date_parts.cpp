// SPDX-License-Identifier: Apache-2.0
// $year … $isoWeekYear, $dateToParts, $dateFromParts.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "query/expression/date_operand.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

struct DatePart {
  std::string_view name;
  Value (*get)(std::int64_t local_ms);
};

Value int32(std::int64_t value) {
  return Value::int32(static_cast<std::int32_t>(value));
}

constexpr DatePart kDateParts[] = {
    {"$year", [](std::int64_t ms) { return int32(local_time(ms).year); }},
    {"$month", [](std::int64_t ms) { return int32(local_time(ms).month); }},
    {"$dayOfMonth", [](std::int64_t ms) { return int32(local_time(ms).day); }},
    {"$dayOfWeek", [](std::int64_t ms) { return int32(day_of_week(ms)); }},
    {"$dayOfYear", [](std::int64_t ms) { return int32(day_of_year(ms)); }},
    {"$hour", [](std::int64_t ms) { return int32(local_time(ms).hour); }},
    {"$minute", [](std::int64_t ms) { return int32(local_time(ms).minute); }},
    {"$second", [](std::int64_t ms) { return int32(local_time(ms).second); }},
    {"$millisecond", [](std::int64_t ms) { return int32(local_time(ms).millisecond); }},
    {"$week", [](std::int64_t ms) { return int32(week_of_year(ms)); }},
    {"$isoWeek", [](std::int64_t ms) { return int32(iso_week(ms).week); }},
    {"$isoWeekYear", [](std::int64_t ms) { return Value::int64(iso_week(ms).year); }},
    {"$isoDayOfWeek", [](std::int64_t ms) { return int32(iso_day_of_week(ms)); }},
};

/// The named integers of $dateFromParts, in the order of the operand table.
enum PartIndex : std::size_t {
  kYear,
  kMonth,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMs,
  kIsoYear,
  kIsoWeek,
  kIsoDay,
  kZone
};
constexpr std::string_view kPartNames[] = {"year",    "month",       "day",         "hour",
                                           "minute",  "second",      "millisecond", "isoWeekYear",
                                           "isoWeek", "isoDayOfWeek"};

constexpr std::int64_t kPartMin = std::numeric_limits<std::int16_t>::min();
constexpr std::int64_t kPartMax = std::numeric_limits<std::int16_t>::max();

/// False when the part is null.
bool part_operand(const Operands& in, std::size_t index, std::int64_t otherwise,
                  std::int64_t& out) {
  out = otherwise;
  if (!in.has(index)) return true;
  const Value value = in[index];
  if (value.nullish()) return false;
  if (!value.view().is_number() || !is_integral_int64(value)) {
    raise(location(40515), "'{}' must evaluate to an integer, found {}", kPartNames[index],
          bson::type_alias(value.type()));
  }
  out = value.view().number_as_int64();
  const bool year = index == kYear || index == kIsoYear;
  if (year && (out < 1 || out > 9999)) {
    raise(location(40523), "'{}' must evaluate to an integer in the range 1 to 9999, found {}",
          kPartNames[index], out);
  }
  const bool wide = index == kSecond || index == kMs;  // these carry any number of units
  if (!year && !wide && (out < kPartMin || out > kPartMax)) {
    raise(location(31034), "'{}' must evaluate to a value in the range [{}, {}], got {}",
          kPartNames[index], kPartMin, kPartMax, out);
  }
  return true;
}

}  // namespace

ExpressionPtr parse_date_part(const Operator& op, ValueView spec, ParseScope& scope) {
  OperandList operands;
  const bool named = spec.is_document() && (spec.as_document().empty() ||
                                            !(*spec.as_document().begin()).name().starts_with('$'));
  if (named) {
    static constexpr NamedOperand kOperands[] = {{"date", 40539}, {"timezone", 0}};
    static constexpr NamedOperands kNamed{kOperands, 40539, 40535};
    operands = parse_named(op.name, kNamed, spec, scope);
  } else {
    operands = parse_positional(spec, scope);
    if (operands.size() != 1) {
      raise(location(40536), "{} accepts exactly one argument if given an array, but was given {}",
            op.name, operands.size());
    }
  }
  return make_operator(op, std::move(operands), scope);
}

PreparedPtr prepare_date_part(const OperandList& operands) {
  return prepare_zone(operands, 1);
}

Value eval_date_part(const Operands& in) {
  const Value date = in[0];
  if (date.nullish()) return Value::null();
  const std::int64_t ms = date_operand(date.view(), 16006);
  const auto zone = zone_operand(in, 1, 40533);
  if (!zone) return Value::null();
  const auto* part = std::ranges::find(kDateParts, in.name(), &DatePart::name);
  return part->get(zone->to_local(ms));
}

PreparedPtr prepare_date_to_parts(const OperandList& operands) {
  return prepare_zone(operands, 1);
}

Value eval_date_to_parts(const Operands& in) {
  const Value date = in[0];
  const auto zone = zone_operand(in, 1, 40517);
  if (!zone) return Value::null();
  bool iso = false;
  if (in.has(2)) {
    const Value flag = in[2];
    if (flag.nullish()) return Value::null();
    if (flag.type() != Type::Bool) {
      raise(location(40521), "iso8601 must evaluate to a bool, found {}",
            bson::type_alias(flag.type()));
    }
    iso = flag.view().as_bool();
  }
  if (date.nullish()) return Value::null();
  const std::int64_t local = zone->to_local(date_operand(date.view(), 16006));
  const LocalTime time = local_time(local);
  bson::Builder out;
  if (iso) {
    const IsoWeek week = iso_week(local);
    out.add("isoWeekYear", static_cast<std::int32_t>(week.year)).add("isoWeek", week.week);
    out.add("isoDayOfWeek", week.day);
  } else {
    out.add("year", static_cast<std::int32_t>(time.year))
        .add("month", time.month)
        .add("day", time.day);
  }
  out.add("hour", time.hour).add("minute", time.minute).add("second", time.second);
  out.add("millisecond", time.millisecond);
  return Value::document(out.take());
}

PreparedPtr prepare_date_from_parts(const OperandList& operands) {
  const bool iso = operands[kIsoYear] || operands[kIsoWeek] || operands[kIsoDay];
  const bool plain = operands[kYear] || operands[kMonth] || operands[kDay];
  if (iso && plain) {
    raise(location(operands[kYear] ? 40489 : 40525),
          "$dateFromParts does not allow mixing natural dates with ISO dates");
  }
  if (!operands[kYear] && !operands[kIsoYear]) {
    raise(location(40516), "$dateFromParts requires either 'year' or 'isoWeekYear' to be present");
  }
  return prepare_zone(operands, kZone);
}

Value eval_date_from_parts(const Operands& in) {
  const auto zone = zone_operand(in, kZone, 40517);
  WideTime parts;
  bool known =
      part_operand(in, kHour, 0, parts.hour) && part_operand(in, kMinute, 0, parts.minute) &&
      part_operand(in, kSecond, 0, parts.second) && part_operand(in, kMs, 0, parts.millisecond);
  if (!zone || !known) return Value::null();
  if (in.has(kIsoYear)) {
    std::int64_t year = 0;
    std::int64_t week = 0;
    std::int64_t day = 0;
    known = part_operand(in, kIsoYear, 1970, year) && part_operand(in, kIsoWeek, 1, week) &&
            part_operand(in, kIsoDay, 1, day);
    if (!known) return Value::null();
    parts.year = 1970;
    parts.day = 1 + iso_year_start(year) + (week - 1) * 7 + (day - 1);
  } else {
    known = part_operand(in, kYear, 1970, parts.year) && part_operand(in, kMonth, 1, parts.month) &&
            part_operand(in, kDay, 1, parts.day);
    if (!known) return Value::null();
  }
  std::int64_t local = 0;
  if (!ms_from_parts(parts, local))
    raise(ErrorCode::Overflow, "the resulting date is out of range");
  return Value::date(zone->to_utc(local));
}

}  // namespace freshet::query
