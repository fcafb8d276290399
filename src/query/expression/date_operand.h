// SPDX-License-Identifier: Apache-2.0
// Operands that all date operators have: dates, time zones, units, integers.
#pragma once

#include <optional>
#include <string_view>

#include "query/expression/calendar.h"
#include "query/expression/node.h"

namespace freshet::query {

/// A time zone that was constant, parsed once.
struct PreparedZone final : Prepared {
  std::optional<TimeZone> zone;
};

/// Parses the operand at `index` when it is a constant string; whether it is a zone at all is said
/// at evaluation.
PreparedPtr prepare_zone(const OperandList& operands, std::size_t index);
/// The zone operand: UTC when absent, nothing when null. Throws 40485, or `type_code` when it is no
/// string.
std::optional<TimeZone> zone_operand(const Operands& in, std::size_t index, int type_code);

/// Milliseconds of a date, timestamp or ObjectId. Requires: not nullish. Throws `code` for other
/// types.
std::int64_t date_operand(ValueView value, int code);

enum class DateUnit : std::uint8_t {
  Year,
  Quarter,
  Month,
  Week,
  Day,
  Hour,
  Minute,
  Second,
  Millisecond
};
/// Throws 5439013 when it is no string, 9 when it is no unit.
DateUnit date_unit(ValueView value, std::string_view op);
/// 1 (Monday) to 7 from "mon", "Monday" …; throws 5439015/5439016.
int start_of_week(ValueView value, std::string_view op);

/// `ms` moved by `amount` units, on the wall clock of `zone` from days upwards. Throws Overflow.
std::int64_t date_plus_units(std::int64_t ms, DateUnit unit, std::int64_t amount,
                             const TimeZone& zone);

}  // namespace freshet::query
