// SPDX-License-Identifier: Apache-2.0
// Dates from text: by a format, or in the usual forms (ISO 8601 and what people write).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "query/expression/calendar.h"

namespace freshet::query {

/// Milliseconds, or nothing when `text` is no date. `zone` is the zone of texts that name none; a
/// text that names one although `zone_given` is refused.
std::optional<std::int64_t> parse_date(std::string_view text, const TimeZone& zone,
                                       bool zone_given);

/// The same by a format of $dateFromString. Requires: check_date_format(format, true) passed.
std::optional<std::int64_t> parse_date(std::string_view text, std::string_view format,
                                       const TimeZone& zone, bool zone_given);

/// Throws 18535 (ends in '%') or 18536 (unknown letter).
void check_date_format(std::string_view format, bool parsing);

}  // namespace freshet::query
