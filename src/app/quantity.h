// SPDX-License-Identifier: Apache-2.0
// Numbers with units, as people write them in options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet::app {

/// "20GB", "512 MB", "1024": bytes, units being powers of 1,024. nullopt when it is no size.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
/// "24h", "90m", "7d", "30s", "1500ms": milliseconds. nullopt when it is no duration; a number
/// without unit is one only when it is 0.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);
/// A decimal integer and nothing else.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// "1.5 GB", "640 MB", for people.
std::string format_bytes(std::uint64_t bytes);
/// "24h", "7d", "90m", for people.
std::string format_duration(std::int64_t ms);

}  // namespace freshet::app
